"""Run the code of one page in IPython's shell, the one behind every notebook.

This runs in a process of its own (see `isolated`), and answers with plain data.
"""

from __future__ import annotations

import ast
import os
import sys
import tempfile
import traceback
import warnings
from dataclasses import dataclass, field
from typing import Any, Literal

from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from publish import figures

RICH: dict[str, Literal["svg", "html"]] = {"image/svg+xml": "svg", "text/html": "html"}


@dataclass(frozen=True)
class Step:
    """A block to run, or an expression whose value the text wants; `line` counts from 1."""

    kind: Literal["block", "value"]
    line: int
    code: str
    raises: str | None = None


@dataclass(frozen=True)
class Output:
    """Text as it was printed, the last line of an error that was asked for, or a picture."""

    kind: Literal["text", "error", "svg", "html"]
    data: str


@dataclass
class Outcome:
    """What one step gave. `error` is the whole traceback of a failure that nobody asked for."""

    outputs: list[Output] = field(default_factory=list)
    value: str = ""
    error: str | None = None
    line: int | None = None


def run_page(root: str, file: str, steps: list[Step]) -> list[Outcome]:
    """Run the steps in order in one scope; stop after the first that fails.

    root  the folder that code is run in and imported from
    file  the page, relative to root: tracebacks quote it with its own line numbers
    """
    os.chdir(root)
    if root not in sys.path:
        sys.path.insert(0, root)
    warnings.resetwarnings()
    warnings.simplefilter("error")  # what a reader would stumble over stops the build
    figures.use_style()
    with tempfile.TemporaryDirectory() as folder:
        config = Config()
        config.HistoryManager.enabled = False
        shell = PageShell(config=config, ipython_dir=folder)
        shell.outcome = Outcome()
        page = os.path.join(root, file)
        outcomes: list[Outcome] = []
        for step in steps:
            run = _run_block if step.kind == "block" else _run_value
            outcomes.append(run(shell, page, step))
            if outcomes[-1].error is not None:
                break
        return outcomes


class _Compiler(CachingCompiler):
    """Gives code the name and the line numbers that it has on the page."""

    page = ""
    offset = 0

    def cache(self, transformed_code: str, number: int = 0, raw_code: str | None = None) -> str:
        return self.page

    def ast_parse(self, source: str, filename: str = "", symbol: str = "exec") -> ast.AST:
        try:
            tree = super().ast_parse(source, filename, symbol)
        except SyntaxError as error:
            error.lineno = (error.lineno or 1) + self.offset
            error.end_lineno = None
            raise
        return ast.increment_lineno(tree, self.offset)


class _Stream:
    """Standard output and error of a block, kept in order with what it displays."""

    encoding = "utf-8"

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome

    def write(self, text: str) -> int:
        outputs = self.outcome.outputs
        if outputs and outputs[-1].kind == "text":
            outputs[-1] = Output("text", outputs[-1].data + text)
        else:
            outputs.append(Output("text", text))
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False


class _Publisher(DisplayPublisher):
    shell: PageShell

    def publish(self, data: dict[str, Any], metadata: Any = None, **_: Any) -> None:  # type: ignore[override]
        _show(self.shell.outcome, data)


class _Hook(DisplayHook):
    """The value of a block's last expression, unless it ends in a semicolon."""

    shell: PageShell

    def __call__(self, result: Any = None) -> None:
        if result is None or self.semicolon_at_end_of_expression(self.shell.source):
            return
        if figures.is_open(result):
            return  # shown with the other open figures when the block ends
        data, _ = self.compute_format_data(result)
        _show(self.shell.outcome, data)


class PageShell(InteractiveShell):
    """A shell that keeps what it is given to show, and prints nothing."""

    compiler_class = _Compiler
    outcome: Outcome
    source: str = ""

    def init_display_pub(self) -> None:
        self.display_pub = _Publisher(parent=self, shell=self)

    def init_displayhook(self) -> None:
        super().init_displayhook()
        self.displayhook = _Hook(parent=self, shell=self)
        self.display_trap.hook = self.displayhook

    def showtraceback(self, *args: Any, **kwargs: Any) -> None:
        """Errors are answered, not printed."""

    showsyntaxerror = showindentationerror = showtraceback


def _show(outcome: Outcome, data: dict[str, Any]) -> None:
    for mime, kind in RICH.items():
        if mime in data:
            outcome.outputs.append(Output(kind, data[mime]))
            return
    _Stream(outcome).write(data.get("text/plain", "") + "\n")


def _run_block(shell: PageShell, page: str, step: Step) -> Outcome:
    shell.outcome = outcome = Outcome()
    shell.source = step.code
    compiler = shell.compile
    assert isinstance(compiler, _Compiler)
    compiler.page, compiler.offset = page, step.line - 1
    streams = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = _Stream(outcome)
    try:
        result = shell.run_cell(step.code)
    finally:
        sys.stdout, sys.stderr = streams
    error = result.error_before_exec or result.error_in_exec
    outcome.outputs += [Output("svg", svg) for svg in figures.close_all()]
    name = type(error).__name__ if error else None
    if name == step.raises:
        if error is not None:
            last = "".join(traceback.format_exception_only(error)).strip()
            outcome.outputs.append(Output("error", last))
    elif error is None:
        outcome.error = f'this block should raise {step.raises}, but it ran; drop raises="..."'
        outcome.line = step.line
    else:
        outcome.line, outcome.error = _describe(error, page, step)
    return outcome


def _run_value(shell: PageShell, page: str, step: Step) -> Outcome:
    try:
        text = eval("f'''{" + step.code + "}'''", shell.user_ns)
        return Outcome(value=text)
    except NameError as error:
        hint = "a value can use what the blocks above it define"
        return Outcome(error=f"{{{{={step.code}}}}}: {error}; {hint}", line=step.line)
    except Exception as error:
        kind = type(error).__name__
        return Outcome(error=f"{{{{={step.code}}}}}: {kind}: {error}", line=step.line)


def _describe(error: BaseException, page: str, step: Step) -> tuple[int, str]:
    """The line of the page that failed, and the traceback from there on."""
    trace = traceback.TracebackException.from_exception(error)
    if isinstance(error, SyntaxError):
        return error.lineno or step.line, "".join(trace.format_exception_only()).rstrip()
    ours = [n for n, frame in enumerate(trace.stack) if frame.filename == page]
    line = (trace.stack[ours[-1]].lineno or step.line) if ours else step.line
    kept = trace.stack[ours[0] :] if ours else trace.stack
    trace.stack = traceback.StackSummary.from_list(kept)
    return line, "".join(trace.format()).rstrip()
