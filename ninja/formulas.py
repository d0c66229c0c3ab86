"""Recognise numbers as a short formula of the names in scope, whatever the right line is.

A learner who writes the rule of another function, or the product of the wrong arrays, is not one
edit away from the right line.  But the numbers often are a product or a sum of two things that
can be named, and that is worth saying.  A formula counts only when it gives all entries of all
trials.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ninja.edits import Names
from ninja.shapes import broadcast, shape_of

Evaluate = Callable[[str, int], Any]  # (text, number of the trial) -> value or None

OF_ONE = (
    "{v}", "{v}**2", "(1 - {v})", "(1 - {v}**2)", "(1 + {v})", "(1 + {v}**2)", "{v} * (1 - {v})",
    "(1 - 2 * {v})", "1 / {v}", "1 / {v}**2", "abs({v})", "abs({v})**0.5", "({v} > 0)",
    "({v} >= 0)", "np.sign({v})", "exp({v})", "exp(-{v})", "exp(abs({v}))", "np.log(abs({v}))",
    "(1 - np.tanh({v})**2)", "np.tanh({v})", "{v}.mean()", "(1 - {v}).mean()", "{v}.mean(axis=0)",
    "{v}.mean(axis=-1, keepdims=True)", "{v}.sum(axis=0)", "{v}.sum(axis=-1, keepdims=True)",
    "{v}.sum()", "{v}[::-1]", "{v}[..., ::-1]", "{v}.clip(-1, 1)", "{v}.clip(0, 1)",
    "({v} - {v}.mean(axis=0))",
)  # fmt: skip
OF_A_PRODUCT = (
    "({p}).sum(axis=0)", "({p}).sum(axis=1)", "({p}).sum(axis=0, keepdims=True)",
    "({p}).sum(axis=-1, keepdims=True)", "({p}).mean(axis=0)", "({p}).sum()", "({p})[0]",
    "({p})[-1]", "({p})[1:].sum(axis=0)", "({p})[:-1].sum(axis=0)",
)  # fmt: skip
OF_MATRICES = {  # how the shapes (k, ...) and (..., k) of two matrices meet -> what is made of them
    "ab": ("{a} @ {b}",),
    "Ab": ("{a}.T @ {b}", "{a}[1:].T @ {b}[1:]", "{a}[:-1].T @ {b}[:-1]", "{a}[1:].T @ {b}[:-1]",
           "{a}[:-1].T @ {b}[1:]"),
    "aB": ("{a} @ {b}.T",),
    "AB": ("{a}.T @ {b}.T",),
    "rows": ("np.outer({a}[0], {b}[0])", "np.outer({a}[-1], {b}[-1])",
             "np.outer({a}.sum(axis=0), {b}.sum(axis=0))",
             "np.outer({a}.mean(axis=0), {b}.mean(axis=0))",
             "np.outer({a}.mean(axis=0), {b}.sum(axis=0))"),
    "down": ("({a} * {b}.sum(axis=0))",),
    "along": ("({a} * {b}.sum(axis=1, keepdims=True))",),
}  # fmt: skip
MOST = 700  # things to pair with each other


def recognised(got: Any, names: Names, evaluate: Evaluate) -> Iterator[str]:
    """Formulas that agree with `got` on a few entries of the first trial, up to a factor.

    The caller confirms them on all entries of all trials.
    """
    import numpy as np

    got = np.asarray(got)
    if got.size < 4 or not np.isfinite(got).all():
        return
    yield from _reductions(got, names, evaluate)
    if got.ndim == 2:
        yield from _matrix_products(got, names, evaluate)
    yield from _pairs(got, names, evaluate)


def _same_up_to_a_factor(got: Any, value: Any) -> bool:
    import numpy as np

    if shape_of(value) != got.shape:
        return False
    top = np.abs(value).argmax()
    largest = value.ravel()[top]
    if not np.isfinite(largest) or largest == 0:
        return False
    factor = got.ravel()[top] / largest
    return bool(np.abs(got - factor * value).max() <= 1e-6 * np.abs(got).max())


def _reductions(got: Any, names: Names, evaluate: Evaluate) -> Iterator[str]:
    """Sums over an axis of one array, or of the product of two."""
    wide = [n for n in names.arrays if len(shape_of(evaluate(n, 0))) > 1]
    pairs = [(a, b) for i, a in enumerate(wide) for b in wide[i:] if _alike(a, b, evaluate)]
    for product in [*wide, *(f"{a} * {b}" for a, b in pairs)][:MOST]:
        whole = evaluate(product, 0)
        if whole is None or whole.size <= got.size or not set(got.shape) <= {1, *whole.shape}:
            continue
        for form in OF_A_PRODUCT:
            text = form.format(p=product)
            value = evaluate(text, 0)
            if value is not None and _same_up_to_a_factor(got, value):
                yield text


def _alike(a: str, b: str, evaluate: Evaluate) -> bool:
    return shape_of(evaluate(a, 0)) == shape_of(evaluate(b, 0))


def _matrix_products(got: Any, names: Names, evaluate: Evaluate) -> Iterator[str]:
    shapes = {n: shape_of(evaluate(n, 0)) for n in names.arrays}
    matrices = [n for n, shape in shapes.items() if len(shape) == 2]
    for a in matrices:
        for b in matrices:
            for form in _fitting(shapes[a], shapes[b], got.shape):
                text = form.format(a=a, b=b)
                value = evaluate(text, 0)
                if value is not None and _same_up_to_a_factor(got, value):
                    yield text


def _fitting(a: tuple[int, ...], b: tuple[int, ...], due: tuple[int, ...]) -> Iterator[str]:
    """The forms that make an array of shape `due` of two matrices of shapes `a` and `b`."""
    meets = {
        "ab": a[1] == b[0] and due == (a[0], b[1]),
        "Ab": a[0] == b[0] and due == (a[1], b[1]),
        "aB": a[1] == b[1] and due == (a[0], b[0]),
        "AB": a[0] == b[1] and due == (a[1], b[0]),
        "rows": due == (a[1], b[1]),
        "down": due == a and a[1] == b[1],
        "along": due == a and a[0] == b[0],
    }
    for how, fits in meets.items():
        if fits:
            yield from OF_MATRICES[how]


def _pairs(got: Any, names: Names, evaluate: Evaluate) -> Iterator[str]:
    """Products and sums of two things that are each a function of one name."""
    import numpy as np

    found: list[tuple[str, Any]] = []
    for name in (*names.arrays, *names.floats):
        if not _spreads_to(shape_of(evaluate(name, 0)), got.shape):
            continue
        for form in OF_ONE:
            value = evaluate(form.format(v=name), 0)
            if value is not None and _spreads_to(shape_of(value), got.shape):
                found.append((form.format(v=name), np.broadcast_to(value, got.shape).ravel()))
    found = found[:MOST]
    if not found:
        return
    texts = [text for text, _ in found]
    values = np.stack([value for _, value in found]).astype(float)
    places = np.argsort(-np.abs(got.ravel()))[:4]
    yield from _products(got.ravel()[places], texts, values[:, places])
    yield from _sums(got.ravel()[places], texts, values[:, places])


def _products(got: Any, texts: list[str], values: Any) -> Iterator[str]:
    """Pairs whose product is `got` at the chosen places, up to one factor."""
    import numpy as np

    usable = np.isfinite(values).all(axis=1) & (values != 0).all(axis=1)
    index = np.flatnonzero(usable)
    logs = np.log(np.abs(values[index]))
    steps = logs[:, 1:] - logs[:, :1]  # what is left when a common factor is divided out
    due = np.log(np.abs(got))
    due = due[1:] - due[0]
    for row, i in enumerate(index):
        if np.abs(steps[row] - due).max() < 1e-6:
            yield texts[i]
        close = np.flatnonzero(np.abs(steps[row] + steps[row:] - due).max(axis=1) < 1e-6)
        for j in close:
            yield f"{texts[i]} * {texts[index[row + j]]}"


def _sums(got: Any, texts: list[str], values: Any) -> Iterator[str]:
    """Pairs whose sum or difference is `got` at the chosen places."""
    import numpy as np

    values = np.where(np.isfinite(values), values, 1e300)
    size = 1e-7 * np.abs(got).max()
    for i, text in enumerate(texts):
        rest = got - values[i]
        for j in np.flatnonzero(np.abs(values[i:] - rest).max(axis=1) < size):
            yield f"{text} + {texts[i + j]}"
        for j in np.flatnonzero(np.abs(values + rest).max(axis=1) < size):
            yield f"{text} - {texts[j]}"


def _spreads_to(shape: tuple[int, ...], due: tuple[int, ...]) -> bool:
    try:
        return broadcast(shape, due) == due
    except ValueError:
        return False


def switched(pairs: list[tuple[Any, Any, dict[str, Any]]]) -> str:
    """Words for an array times one number where some name is large, another where it is small.

    pairs   for each trial: what the learner got, the array that may be behind it, and the names
    """
    import numpy as np

    ratios = []
    for got, base, _ in pairs:
        if shape_of(got) != shape_of(base):
            return ""
        got, base = np.asarray(got), np.asarray(base)
        live = base != 0
        if (got[~live] != 0).any():
            return ""
        ratios.append(np.where(live, got / np.where(live, base, 1), np.nan))
    seen = np.concatenate([r.ravel() for r in ratios])
    seen = seen[~np.isnan(seen)]
    levels = np.unique(np.round(seen, 9))
    if len(levels) != 2:
        return ""
    low, high = (float(level) for level in levels)
    for name in pairs[0][2]:
        for sign, words in ((1, "large"), (-1, "small")):
            if all(
                _splits(sign * np.asarray(names[name], float), ratio, high)
                for (_, _, names), ratio in zip(pairs, ratios, strict=True)
            ):
                return f"{high:g} where `{name}` is {words}, {low:g} elsewhere"
    return ""


def _splits(value: Any, ratio: Any, high: float) -> bool:
    """Whether a threshold on `value` tells where `ratio` is high."""
    import numpy as np

    if not _spreads_to(value.shape, ratio.shape):
        return False
    value = np.broadcast_to(value, ratio.shape)
    known = ~np.isnan(ratio)
    is_high = known & (np.abs(ratio - high) < 1e-6)
    is_low = known & ~is_high
    if not is_high.any() or not is_low.any():
        return True
    return bool(value[is_high].min() > value[is_low].max())
