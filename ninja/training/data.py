"""Words to learn from: reading a list, splitting it, and cutting it into examples."""

from __future__ import annotations

import gzip
import hashlib
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

SHIPPED = Path(__file__).parent / "names.txt.gz"
END = "."  # begins and ends each word; character 0
LONGEST = 100  # characters; what is longer is no word but a text
FEWEST = 10  # words; a tenth of them is one


class BadData(ValueError):
    """A list of words that nothing can be learned from; the message says why."""


@dataclass(frozen=True)
class Examples:
    """Contexts and the character that follows each.   X: (N, block), Y: (N,), integers"""

    X: Array
    Y: Array

    def __len__(self) -> int:
        return len(self.Y)


@dataclass(frozen=True)
class Data:
    """A list of words, ready for training.

    characters   all that occur, the end mark first: the index is what the network sees
    """

    characters: str
    train: Examples
    dev: Examples
    test: Examples
    fingerprint: str

    @property
    def splits(self) -> dict[str, Examples]:
        return {"train": self.train, "dev": self.dev, "test": self.test}

    def text(self, indices: Any) -> str:
        """The characters that indices stand for."""
        return "".join(self.characters[i] for i in indices)


def read(path: Path | None = None) -> list[str]:
    """The words of a file, one a line; the shipped names when it is None.

    Blank lines do not count.  Raises BadData for a file that can't be read or holds too few words.
    """
    try:
        raw = gzip.decompress(SHIPPED.read_bytes()) if path is None else path.read_bytes()
    except OSError as error:
        raise BadData(f"{path} can't be read ({error.strerror}): name a list of words.") from None
    try:
        lines = raw.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise BadData(
            f"{path} is no text in UTF-8 (byte {error.start} is {raw[error.start]:#04x}): "
            "training needs a text file with one word a line."
        ) from None
    words = []
    for number, line in enumerate(lines, start=1):
        word = line.strip()
        problem = _problem(word)
        if problem:
            raise BadData(f"{path}, line {number}: {problem}")
        if word:
            words.append(word)
    _enough(words, f"{path} has")
    return words


def _enough(words: list[str], told: str) -> None:
    if len(words) < FEWEST:
        raise BadData(
            f"{told} {len(words)} word{'s' * (len(words) != 1)}: it takes at least {FEWEST} to "
            "split them in 80, 10 and 10%."
        )


def _problem(word: str) -> str | None:
    if len(word) > LONGEST:
        return f"this word has {len(word)} characters, and {LONGEST} is the most: one word a line."
    strange = next((c for c in word if not c.isprintable()), None)
    if strange is not None:
        return f"the character U+{ord(strange):04X} can't be printed: is this a list of words?"
    if END in word:
        return f"{word!r} has a {END!r}, which stands for the end of a word here: take it out."
    return None


def prepare(words: list[str], block: int = 3) -> Data:
    """Shuffle and split the words as the lecture does, and cut each part into examples.

    The shuffle is Python's with seed 42; 80% of the words are for training, 10% for choosing
    between models (dev), 10% for the last word (test).

    Raises BadData when there are too few words for three parts.

    >>> data = prepare(["ab", "b", "a"] * 4)
    >>> data.characters
    '.ab'
    >>> data.text(data.train.X[0]), data.text(data.train.Y[:3])
    ('...', 'b.a')
    """
    _enough(words, "there are only")
    characters = END + "".join(sorted(set("".join(words))))
    shuffled = list(words)
    random.Random(42).shuffle(shuffled)
    first, second = int(0.8 * len(words)), int(0.9 * len(words))
    parts = shuffled[:first], shuffled[first:second], shuffled[second:]
    train, dev, test = (examples(part, characters, block) for part in parts)
    fingerprint = hashlib.sha256("\n".join(words).encode()).hexdigest()
    return Data(characters, train, dev, test, fingerprint)


def examples(words: list[str], characters: str, block: int = 3) -> Examples:
    """Each character of each word, and its end, with the `block` characters before it.

    >>> found = examples(["ab"], ".ab")
    >>> found.X.tolist(), found.Y.tolist()
    ([[0, 0, 0], [0, 0, 1], [0, 1, 2]], [1, 2, 0])
    """
    index = {character: i for i, character in enumerate(characters)}
    pause = END * block  # the end of one word, and the empty context of the next
    text = pause + pause.join(words) + END
    numbers = np.array([index[character] for character in text], dtype=np.intp)
    windows = np.lib.stride_tricks.sliding_window_view(numbers, block + 1)
    X, Y = windows[:, :-1], windows[:, -1]
    within = (Y != 0) | (X[:, -1] != 0)  # an end that follows an end is padding
    return Examples(np.ascontiguousarray(X[within]), np.ascontiguousarray(Y[within]))
