"""The record that every other part reads: one operation, and the mistakes people make in it."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, wraps
from types import ModuleType
from typing import Any

from ninja.program import Program
from ninja.shapes import Signature, shape_of, unravelled

Arguments = dict[str, Any]
LAST = 99  # the lesson of an operation that does not name one: it comes after all others


@dataclass(frozen=True)
class Mistake:
    """One wrong line of a backward pass, and the sentence that a learner reads about it.

    id        kebab-case, unique in the catalogue
    line      the statement (or several) put in place of the line that assigns the same name; the
              upstream, the inputs, the output, the cache and the sizes are in scope
    sentence  what is wrong, why, and what to look at
    same_as   ids of mistakes that no input can tell from this one
    harmless  right in truth, and never to be called wrong
    """

    id: str
    line: str
    sentence: str
    same_as: tuple[str, ...] = ()
    harmless: bool = False

    @property
    def target(self) -> str:
        """The name that the line assigns, `dx` for instance."""
        node: ast.AST = ast.parse(self.line).body[-1]
        while not isinstance(node, ast.Name):
            match node:
                case ast.Assign(targets=[target]) | ast.AugAssign(target=target):
                    node = target
                case ast.Subscript(value=value) | ast.Attribute(value=value):
                    node = value
                case _:
                    raise ValueError(f"mistake {self.id}: end the line in an assignment")
        return node.id


@dataclass(frozen=True, eq=False)
class Op:
    """One operation: a forward pass, its hand-derived backward pass, and what proves both.

    forward            inputs -> (out, cache); options are keyword-only and travel in the cache
    backward           (upstream, **cache) -> one gradient for each name in `wrt`
    wrt                the differentiable inputs; when empty, all that `backward` returns (a
                       network's intermediate values, too)
    example            rng -> named cases: ("repeated tokens", {"table": ..., "indices": ...}), ...;
                       a case may bring its own upstream under its name, `dy` for instance
    mistakes           wrong lines that people write; the audit plants each and wants it named
    hints              ideas, the last of several in tiny numbers; of three or more the first is
                       about shapes
    reference          where the derivation can be read, in Markdown: author, [title](link) (year),
                       section
    lesson, builds_on  the lesson that teaches it, and what comes before it there
    name, doc          the module's own where not given, as are the next two
    torch_reference    the forward pass by torch's library, for torch's engine to differentiate
    backward_accurate  a form with less rounding in float32

    Both passes are called through the record, which holds their arguments against the shape line
    of the module's docstring: ValueError for a shape, TypeError for a dtype.  `plain_forward` and
    `plain_backward` are the functions as they were given.
    """

    forward: Callable[..., tuple[Any, Arguments]]
    backward: Callable[..., tuple[Any, ...]]
    wrt: tuple[str, ...] = ()
    example: Callable[[Any], Iterator[tuple[str, Arguments]]] = field(kw_only=True)
    mistakes: tuple[Mistake, ...] = field(default=(), kw_only=True)
    hints: tuple[str, ...] = field(default=(), kw_only=True)
    reference: str = field(kw_only=True)
    lesson: int = field(default=LAST, kw_only=True)
    builds_on: tuple[str, ...] = field(default=(), kw_only=True)
    name: str = field(default="", kw_only=True)
    doc: str = field(default="", kw_only=True)
    torch_reference: Callable[..., Any] | None = field(default=None, kw_only=True)
    backward_accurate: Callable[..., tuple[Any, ...]] | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        module = sys.modules[self.forward.__module__]
        settle = {
            "name": self.name or module.__name__.rpartition(".")[2],
            "doc": self.doc or module.__doc__ or "",
            "torch_reference": self.torch_reference or vars(module).get("torch_reference"),
            "backward_accurate": self.backward_accurate or vars(module).get("backward_accurate"),
            "plain_forward": self.forward,
            "plain_backward": self.backward,
            "forward": _through(self._forward, self.forward),
            "backward": _through(self._backward, self.backward),
        }
        for key, value in settle.items():
            object.__setattr__(self, key, value)
        if not self.wrt:
            object.__setattr__(self, "wrt", tuple(n[1:] for n in self.program.returned))

    plain_forward: Callable[..., tuple[Any, Arguments]] = field(init=False, repr=False)
    plain_backward: Callable[..., tuple[Any, ...]] = field(init=False, repr=False)

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """The forward pass without its cache."""
        return self.forward(*inputs, **options)[0]

    def __repr__(self) -> str:
        return f"<{self.name}: {self.signature.text}>"

    @cached_property
    def signature(self) -> Signature:
        """The shape line of the docstring, which is also enforced."""
        return Signature.of(self.doc)

    @cached_property
    def scalar(self) -> bool:
        """True for a network of Python numbers and lists, which runs without NumPy."""
        return all(spec == "()" or spec[0] == "[" for spec in self.signature.inputs.values())

    @cached_property
    def parameters(self) -> inspect.Signature:
        return inspect.signature(self.plain_forward)

    @cached_property
    def program(self) -> Program:
        """The backward pass, line by line."""
        return Program(self.plain_backward)

    @cached_property
    def forward_program(self) -> Program:
        """The forward pass, line by line (networks only: operations may branch)."""
        return Program(self.plain_forward)

    @cached_property
    def upstream(self) -> str:
        """The name of the gradient that arrives: `d` and the output's name."""
        return "d" + self.signature.output

    @cached_property
    def gradients(self) -> tuple[str, ...]:
        """The names of the gradients that leave, in the order they are returned."""
        return tuple("d" + name for name in self.wrt)

    def _forward(self, *args: Any, **kwargs: Any) -> tuple[Any, Arguments]:
        bound = self._bind(args, kwargs)
        sizes = self._sizes(bound)
        for name in self.signature.inputs:
            if name in self.wrt:
                _expect_floats(f"{self.name}: {name}", bound[name])
        try:
            self.signature.output_shape(sizes, bound)
        except ValueError as error:
            raise ValueError(f"{self.name}: {error}") from None
        return self.plain_forward(**bound)

    def _backward(self, upstream: Any, **cache: Any) -> tuple[Any, ...]:
        _expect_floats(f"{self.name}: {self.upstream}", upstream)
        expected = self.signature.output_shape(self._sizes(cache), cache)
        if expected is not None and shape_of(upstream) != expected:
            raise ValueError(
                f"{self.name}: {self.upstream} should have the shape of {self.signature.output}, "
                f"{expected}, but has shape {shape_of(upstream)}"
            )
        try:
            return self.plain_backward(upstream, **cache)
        except TypeError as error:
            raise TypeError(f"{self.name}: {error}") from error

    def _bind(self, args: tuple[Any, ...], kwargs: Arguments) -> Arguments:
        try:
            bound = self.parameters.bind(*args, **kwargs)
        except TypeError as error:
            call = f"{self.name}{self.parameters}"
            raise TypeError(f"{self.name}: {error}; it is called as {call}") from None
        bound.apply_defaults()
        return dict(bound.arguments)

    def _sizes(self, values: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return self.signature.sizes(values)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{self.name}: {error}") from None


def _through(checked: Callable[..., Any], plain: Callable[..., Any]) -> Callable[..., Any]:
    """`checked` with the name, the signature, the docstring and the source of `plain`."""

    @wraps(plain)
    def call(*args: Any, **kwargs: Any) -> Any:
        return checked(*args, **kwargs)

    return call


def _expect_floats(what: str, x: Any) -> None:
    """Gradients live in floating point: an array of integers or booleans is refused."""
    if isinstance(x, list):
        for item in x:
            _expect_floats(what, item)
        return
    kind = str(getattr(x, "dtype", type(x).__name__)).removeprefix("torch.")
    if not kind.startswith(("float", "complex", "bfloat", "object", "mp")) and kind != "int":
        raise TypeError(f"{what} should hold floating-point numbers, but holds {kind}")


def expect_indices(what: str, indices: Any, size: int, ignore: int | None = None) -> None:
    """Raise unless `indices` are integers from 0 to size - 1 (or `ignore`).

    TypeError for another dtype, ValueError for one out of range, with its place.
    """
    kind = str(getattr(indices, "dtype", type(indices).__name__)).removeprefix("torch.")
    is_mask = kind == "uint8" and type(indices).__module__ == "torch"  # torch's old boolean
    if not kind.startswith(("int", "uint")) or is_mask:
        raise TypeError(f"{what} should be an array of integers, but holds {kind}")
    outside = (indices < 0) | (indices >= size)
    if ignore is not None:
        outside = outside & (indices != ignore)
    if outside.any():
        first = int((outside * 1).reshape(-1).argmax())
        place, index = unravelled(first, indices.shape), int(indices.reshape(-1)[first])
        raise ValueError(
            f"{what} should lie in 0 ... {size - 1}, but the entry at {place} is {index}"
        )


def discover(package: ModuleType) -> dict[str, Op]:
    """Every record in the modules of `package`, by name, in teaching order.

    Raises ValueError when two have one name or a prerequisite does not exist.
    """
    modules = (
        importlib.import_module(f"{package.__name__}.{found.name}")
        for found in pkgutil.iter_modules(package.__path__)
    )
    records: dict[str, Op] = {}
    for module in modules:
        for value in vars(module).values():
            if not isinstance(value, Op) or value.plain_forward.__module__ != module.__name__:
                continue
            if value.name in records:
                raise ValueError(f"{module.__name__}: a record named {value.name!r} exists already")
            records[value.name] = value
    return _in_teaching_order(records)


def _in_teaching_order(records: dict[str, Op]) -> dict[str, Op]:
    """By lesson, then by name, but never before what a record builds on."""
    waiting = sorted(records.values(), key=lambda op: (op.lesson, op.name))
    ordered: dict[str, Op] = {}
    while waiting:
        for op in waiting:
            if all(name in ordered or name not in records for name in op.builds_on):
                break
        else:
            names = ", ".join(op.name for op in waiting)
            raise ValueError(f"builds_on goes round in a circle among {names}")
        waiting.remove(op)
        ordered[op.name] = op
    return ordered


def unknown_prerequisites(records: Iterable[Op], known: Iterable[str]) -> list[str]:
    """Prerequisites that no record has the name of (a test keeps this empty)."""
    names = set(known)
    return [f"{op.name} builds on {n}" for op in records for n in op.builds_on if n not in names]
