"""Submissions that are broken, careless or hostile, and what must be said of each."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from ninja.exercises import EXERCISES

MLP = EXERCISES["mlp"].solution
HERE = "#!"  # marks the line that the answer should name


@dataclass(frozen=True)
class Case:
    """One submission for `mlp`.

    type   of the error, several when the system decides; "" when the code runs
    exit   code of the command
    says   words that the answer must have somewhere
    seconds  that it may take, where it comes to an end
    """

    name: str
    source: str
    exit: int = 2
    type: str = ""
    says: str = ""
    seconds: float = 1.5

    @property
    def limit(self) -> float:
        """Seconds after which it is stopped: what never ends is not waited for."""
        return 0.8 if self.type == "Timeout" else self.seconds

    @property
    def line(self) -> int | None:
        """The marked line, from 1."""
        rows = self.source.splitlines()
        return next((i for i, row in enumerate(rows, start=1) if HERE in row), None)


def swap(old: str, new: str) -> str:
    """The right answer with one piece of text in place of another."""
    assert old in MLP, old
    return MLP.replace(old, new)


def first(code: str) -> str:
    """The right answer, which does something else before."""
    line = "    N = len(X)\n"
    return swap(line, line + textwrap.indent(code, "    "))


def instead(code: str) -> str:
    """The right answer up to its return, and then something else."""
    return MLP[: MLP.index("    return dz2")] + textwrap.indent(code, "    ")


RETURNED = MLP[MLP.index("    return dz2") :].strip()
SAME = {name: name for name in EXERCISES["mlp"].op.gradients}


def as_dict(**changes: str | None) -> str:
    """The right answer as a dict, with other values for some names, or without them."""
    items = {**SAME, **changes}
    return instead(f"return dict({', '.join(f'{k}={v}' for k, v in items.items() if v)})\n")


# Whatever these do, they do in the process that checks them.
TAME = (
    # right
    Case("right", MLP, 0),
    Case("windows line ends", MLP.replace("\n", "\r\n"), 0),
    Case("dict", as_dict(), 0),
    Case("extra name", as_dict(foo="1"), 0, says="foo"),
    Case("list of arrays", instead(f"return [{RETURNED[7:]}]\n"), 0),
    Case("list of floats", as_dict(db2="[float(v) for v in dz2.sum(axis=0)]"), 0),
    Case("float32", as_dict(db2='db2.astype("float32")'), 0),
    Case("everything by keyword", swap("def backward(dloss, W2, X, h, probs, targets)",
         "def backward(*, dloss, W2, X, h, probs, targets)"), 0),
    Case("slow import", "import decimal\n" + MLP, 0),
    Case("warning", first("np.log(np.zeros(3))\n"), 0),
    Case("patched NumPy", "np.tanh = lambda x: x * 0\nnp.exp = None\n" + MLP, 0),
    Case("patched builtins", "import builtins\nbuiltins.float = None\n" + MLP, 0),
    # cannot be read
    Case("open bracket", swap("dW2 = h.T @ dz2", "dW2 = h.T @ (dz2  #!"), type="SyntaxError",
         says="never closed"),
    Case("bad indent", swap("    db2 =", "  db2 ="), type="IndentationError"),
    Case("tabs", swap("    db2 = dz2.sum(axis=0)", "\tdb2 = dz2.sum(axis=0)  #!"),
         type="TabError"),
    Case("null byte", MLP + "\0", type="SyntaxError|ValueError", says="null"),
    Case("not Python", "dear checker, please pass me  #!\n", type="SyntaxError"),
    Case("only a comment", "# later\n", type="NameError", says="backward"),
    Case("renamed", MLP.replace("def backward", "def back"), type="NameError", says="back"),
    Case("not a function", "backward = 3\n", type="TypeError", says="int"),
    Case("unknown argument", swap("probs, targets)", "probs, target)"), type="TypeError",
         says="`target`"),
    # stops
    Case("wrong name", swap("dz2 @ W2.T", "dz @ W2.T  #!"), type="NameError", says="dz"),
    Case("in a helper", "def helper(a):\n    return a @ np.ones((9, 9))  #!\n"
         + swap("dz2 @ W2.T", "helper(dz2)"), type="ValueError", says="shapes"),
    Case("matrix shapes", swap("h.T @ dz2", "h @ dz2  #!"), type="ValueError"),
    Case("on import", "1 / 0  #!\n" + MLP, type="ZeroDivisionError"),
    Case("missing module", "import no_such_module  #!\n" + MLP, type="ModuleNotFoundError"),
    Case("open a file", first('open("no-data.txt")  #!\n'), type="FileNotFoundError"),
    Case("exit", first("import sys\nsys.exit(3)  #!\n"), type="SystemExit", says="exit"),
    Case("recursion", "def f(n): return f(n + 1)  #!\n" + first("f(0)\n"),
         type="RecursionError", says="itself"),
    Case("allocation", first("np.ones((10**6, 10**6))  #!\n"), type="MemoryError"),
    Case("assertion", first("assert dloss == 0, 'no'  #!\n"), type="AssertionError", says="no"),
    # runs, and is wrong
    Case("nothing returned", MLP[: MLP.index("    return dz2")], 1, says="return"),
    Case("None inside", as_dict(db2="None"), 1, says="None"),
    Case("NaN", swap("dh * (1 - h**2)", "dh * np.log(h - 5)"), 1, says="nan"),
    Case("division by zero", swap("/ N * dloss", "/ (0 * h[0, 0]) * dloss"), 1, says="dz2"),
    Case("keepdims", swap("db2 = dz2.sum(axis=0)", "db2 = dz2.sum(axis=0, keepdims=True)"), 1,
         says="shape"),
    Case("wrong axis", swap("db2 = dz2.sum(axis=0)", "db2 = dz2.sum(axis=1)"), 1, says="axis"),
    Case("no sum", swap("db2 = dz2.sum(axis=0)", "db2 = dz2"), 1, says="shape"),
    Case("transposed", swap("dW1 = X.T @ dz1", "dW1 = dz1.T @ X"), 1, says="transposed"),
    Case("scalar", swap("db2 = dz2.sum(axis=0)", "db2 = dz2.sum()"), 1, says="shape"),
    Case("integers", as_dict(db2="db2.astype(int)"), 1, says="int"),
    Case("objects", as_dict(db2="np.array([None] * len(db2))"), 1, says="object"),
    Case("complex", as_dict(db2="db2 + 0j"), 1, says="complex"),
    Case("ragged", as_dict(db2="[1.0, [2.0], 3.0]"), 1, says="length"),
    Case("string", as_dict(db2='"dz2"'), 1, says="str"),
    Case("too few", instead("return dz2, dW2\n"), 1, says="2 value"),
    Case("wrong case", as_dict(db1=None, DB1="db1"), 0, says="db1"),
    Case("one array", instead("return dW1\n"), 1, says="1 value"),
    Case("a generator", swap("    return dz2", "    yield dz2"), type="TypeError", says="yield"),
    Case("async", MLP.replace("def backward", "async def backward"), type="TypeError",
         says="async"),
    Case("changes its input", first("X += 1\n"), 1, says="in place"),
    Case("factor N", swap(" / N", ""), 1, says="mean"),
    Case("mean of the rows", swap("db1 = dz1.sum", "db1 = dz1.mean"), 1, says="sum"),
    Case("sign", swap("(probs - one_hot(targets, probs))", "(one_hot(targets, probs) - probs)"), 1,
         says="sign"),
    Case("no slope", swap("dh * (1 - h**2)", "dh"), 1, says="slope"),
    Case("twice", swap("db1 = dz1.sum(axis=0)", "db1 = 2 * dz1.sum(axis=0)"), 1, says="2"),
    Case("typed-in size", swap("/ N *", "/ 7 *"), 1, says="dz2"),
)  # fmt: skip

# These end, block or damage the process that they run in.
WILD = (
    Case("loop", first("while True: pass  #!\n"), type="Timeout", says="loop"),
    Case("loop that catches", first(
        "while True:\n    try:\n        [0 for i in range(9)]\n    except BaseException:\n"
        "        pass\n"), type="Timeout"),
    Case("loop on import", "while True: pass  #!\n", type="Timeout"),
    Case("loop in C", first("sum(iter(int, 1))  #!\n"), type="Timeout"),
    Case("sleep", first("import time\ntime.sleep(100)  #!\n"), type="Timeout"),
    Case("huge integer", first("10 ** (10**9)  #!\n"), type="Timeout"),
    Case("slow, but right", first("import time\ntime.sleep(0.01)\n"), 0),
    Case("growing list", first(
        "rows = []\nwhile True:\n    rows.append(np.ones(10**6))  #!\n"), type="MemoryError",
        seconds=20),
    Case("os._exit", first("import os\nos._exit(0)\n"), type="SystemExit", says="_exit"),
    Case("os.abort", first("import os\nos.abort()  #!\n"), type="SIGABRT", says="crashed"),
    Case("null pointer", first("import ctypes\nctypes.string_at(8)  #!\n"), type="SIGSEGV"),
    Case("kills itself", first("import os\nos.kill(os.getpid(), 9)\n"), type="SIGKILL"),
    Case("Ctrl+C", first("raise KeyboardInterrupt  #!\n"), type="KeyboardInterrupt"),
    Case("own BaseException", "class Stop(BaseException): pass\n" + first("raise Stop  #!\n"),
         type="Stop"),
    Case("unprintable error", "class Odd(Exception):\n    def __str__(self): return 1 / 0\n"
         + first("raise Odd  #!\n"), type="Odd"),
    Case("endless recursion", "import sys\nsys.setrecursionlimit(10**9)\n"
         "def f(n): return f(n + 1)\n" + first("f(0)\n"),
         type="MemoryError|Timeout|SIGSEGV|SIGABRT|RecursionError"),
    Case("deep repr", first("x = []\nfor i in range(100000): x = [x]\nrepr(x)  #!\n"),
         type="RecursionError"),
    Case("a million prints", first("for i in range(10**6): print(i)\n"), 0, seconds=20),
    Case("one long print", first('print("x" * 10**7)\n'), 0),
    Case("asks", first('input("?")  #!\n'), type="EOFError"),
    Case("closed output", first("import sys\nsys.stdout.close()\n"), 0),
    Case("closed files", first("import os\nos.closerange(0, 200)\n"), 0),
    Case("no output", first("import sys\nsys.stdout = sys.stderr = None\n"), 0),
    Case("thread", first(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\n"), 0),
    Case("looping thread", "import threading\ndef spin():\n    while True: pass\n"
         "threading.Thread(target=spin).start()\n" + MLP, 0),
    Case("fork", "import os\nos.fork()\n" + MLP, 0),
    Case("process that stays", "import subprocess\nsubprocess.Popen(['sleep', '60'])\n" + MLP, 0),
    Case("patched json", "import json, os, sys\njson.JSONEncoder.encode = None\njson.dumps = None\n"
         "os._exit = None\nos.getpid = None\n" + MLP, 0),
    Case("patched builtins for good",
         "import builtins\nbuiltins.len = None\nbuiltins.open = None\nbuiltins.print = None\n"
         "def backward(dloss): return 1 / 0  #!\n", type="ZeroDivisionError"),
    Case("no time limit", "import faulthandler\nfaulthandler.cancel_dump_traceback_later()\n"
         "while True: pass\n", type="Timeout"),
    Case("forged result", "import os, sys, json\nos._exit(0)\n", type="SystemExit"),
)  # fmt: skip

# Those of WILD that a page survives without its worker being ended.
SURVIVED = {
    "loop", "loop that catches", "loop on import", "Ctrl+C", "own BaseException",
    "unprintable error", "one long print", "asks", "closed output", "no output",
    "patched json", "patched builtins for good",
}  # fmt: skip
