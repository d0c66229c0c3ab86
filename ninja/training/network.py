"""The lecture's network: how large it is, how it begins, and what it says once it is trained."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ninja.training.data import LONGEST, Data, Examples
from ninja.training.stream import Stream

Array = np.ndarray[Any, Any]

EPS = 1e-5  # in the variance of batch normalization
ROWS = 8192  # examples that are evaluated at a time


@dataclass(frozen=True)
class Sizes:
    """V characters, T of them as context, E numbers for each, H hidden units."""

    V: int
    T: int = 3
    E: int = 10
    H: int = 200

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each parameter, in the lecture's order."""
        return {
            "C": (self.V, self.E), "W1": (self.T * self.E, self.H), "b1": (self.H,),
            "W2": (self.H, self.V), "b2": (self.V,), "bngain": (1, self.H), "bnbias": (1, self.H),
        }  # fmt: skip

    @property
    def parts(self) -> dict[str, slice]:
        """Where each parameter lies in the vector of all of them."""
        found, start = {}, 0
        for name, shape in self.shapes.items():
            found[name] = slice(start, start + math.prod(shape))
            start += math.prod(shape)
        return found

    @property
    def count(self) -> int:
        """How many parameters there are.

        >>> Sizes(V=27).count
        12297
        """
        return sum(math.prod(shape) for shape in self.shapes.values())

    def views(self, vector: Any) -> dict[str, Any]:
        """The parameters by name: windows into one vector, NumPy's or torch's."""
        return {name: vector[part].reshape(self.shapes[name]) for name, part in self.parts.items()}


def initial(sizes: Sizes, seed: int) -> tuple[Array, Stream]:
    """The parameters to begin with, and the stream that the batches come from.   (count,), float32

    The lecture draws C, W1, b1, W2 and b2 from its seeded generator, and later the batches.  The
    gain and bias of batch normalization it draws without a seed, so that no run could be repeated:
    here they come from the next seed.  The biases are small but not zero, as in its exercises.
    """
    stream, unseeded = Stream(seed), Stream((seed + 1) % 2**32)
    vector = np.empty(sizes.count, dtype=np.float32)
    views = sizes.views(vector)
    spread = {
        "C": 1.0, "W1": 5 / 3 / math.sqrt(sizes.T * sizes.E), "b1": 0.1, "W2": 0.1, "b2": 0.1,
    }  # fmt: skip
    for name, scale in spread.items():
        views[name][...] = stream.normal(sizes.shapes[name]) * np.float32(scale)
    views["bngain"][...] = 1 + unseeded.normal(sizes.shapes["bngain"]) * np.float32(0.1)
    views["bnbias"][...] = unseeded.normal(sizes.shapes["bnbias"]) * np.float32(0.1)
    return vector, stream


@dataclass(frozen=True)
class Model:
    """A trained network with the statistics of batch normalization over all training examples.

    With these fixed, one example's output no longer depends on the others in its batch.
    """

    parameters: dict[str, Array]
    mean: Array
    variance: Array

    def logits(self, X: Array) -> Array:
        """How likely each next character is, as logits.   X: (N, T)  ->  (N, V)"""
        p = self.parameters
        normal = (_before_norm(p, X) - self.mean) / np.sqrt(self.variance + EPS)
        h = np.tanh(p["bngain"] * normal + p["bnbias"])
        return np.asarray(h @ p["W2"] + p["b2"])

    def loss(self, examples: Examples) -> float:
        """The mean negative log likelihood over all examples."""
        total = 0.0
        for rows in _batches(len(examples)):
            logits = self.logits(examples.X[rows])
            logits -= logits.max(axis=1, keepdims=True)
            logprobs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
            total -= logprobs[np.arange(len(logits)), examples.Y[rows]].sum(dtype=np.float64)
        return float(total / len(examples))


def calibrated(parameters: dict[str, Array], train: Examples) -> Model:
    """The model after training: batch statistics are replaced by those of all training examples."""
    H = parameters["W1"].shape[1]
    total, squares = np.zeros(H), np.zeros(H)
    for rows in _batches(len(train)):
        total += _before_norm(parameters, train.X[rows]).sum(axis=0, dtype=np.float64)
    mean = total / len(train)
    for rows in _batches(len(train)):
        difference = _before_norm(parameters, train.X[rows]) - mean
        squares += (difference**2).sum(axis=0)
    dtype = parameters["W1"].dtype
    variance = squares / (len(train) - 1)
    return Model(parameters, mean.astype(dtype), variance.astype(dtype))


def _before_norm(parameters: dict[str, Array], X: Array) -> Array:
    embcat = parameters["C"][X].reshape(len(X), -1)
    return np.asarray(embcat @ parameters["W1"] + parameters["b1"])


def _batches(count: int) -> Iterator[slice]:
    return (slice(start, start + ROWS) for start in range(0, count, ROWS))


def sample(model: Model, data: Data, count: int, seed: int, temperature: float = 1.0) -> list[str]:
    """Words that the model makes up, character by character.

    temperature  below 1 prefers what is likely anyway, above 1 what is rare; 0 always takes the
                 likeliest character, which gives one word again and again

    Each word has its own random numbers, from `seed` and its place: asking for more words leaves
    the first ones as they are.
    """
    groups = (range(count)[rows] for rows in _batches(count))
    return [word for group in groups for word in _words(model, data, group, seed, temperature)]


def _words(model: Model, data: Data, group: range, seed: int, temperature: float) -> list[str]:
    streams = [np.random.default_rng([seed, n]) for n in group]
    uniform = np.array([stream.random(LONGEST) for stream in streams])
    contexts = np.zeros((len(group), data.train.X.shape[1]), dtype=np.intp)
    texts, going = [""] * len(group), np.arange(len(group))
    for draw in uniform.T:
        if not len(going):
            break
        logits = model.logits(contexts[going]).astype(np.float64)
        chosen = _chosen(logits, draw[going], temperature)
        contexts[going] = np.column_stack([contexts[going][:, 1:], chosen])
        going, chosen = going[chosen != 0], chosen[chosen != 0]
        for n, character in zip(going, chosen, strict=True):
            texts[n] += data.characters[character]
    return texts


def _chosen(logits: Array, uniform: Array, temperature: float) -> Array:
    """One index a row, by the inverse of the cumulative distribution."""
    if temperature == 0:
        return np.asarray(logits.argmax(axis=1))
    with np.errstate(over="ignore"):  # exp makes 0 of minus infinity, as it should
        logits = (logits - logits.max(axis=1, keepdims=True)) / temperature
    cumulative = np.exp(logits).cumsum(axis=1)
    return np.asarray((cumulative <= uniform[:, None] * cumulative[:, -1:]).sum(axis=1))
