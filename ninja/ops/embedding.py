"""Embedding: each index picks a row of a table.

table: (V, D), indices: (...)  ->  out: (..., D)
"""

from ninja.arrays import scatter_add
from ninja.op import Mistake, Op, expect_indices


def forward(table, indices):
    """out = the row of `table` that each index names; a row may be picked any number of times.

    Raises TypeError unless indices are integers; ValueError when one is outside 0 ... V - 1.
    """
    expect_indices("embedding: indices", indices, len(table))
    # a flat list of indices always copies the rows; a single index would give a view of the table
    rows = table[indices.reshape(-1)]
    out = rows.reshape(*indices.shape, table.shape[1])
    return out, {"table": table, "indices": indices}


def backward(dout, table, indices):
    """Indexing forward is scatter-add backward: a row receives the sum over all its uses.

    dtable_vd = sum of dout_id over every i with indices_i = v.   dtable: (V, D)

    Rows that were never picked receive 0.

    >>> import numpy as np
    >>> out, cache = forward(np.zeros((3, 1)), np.array([2, 0, 2]))
    >>> (dtable,) = backward(np.array([[1.0], [10.0], [100.0]]), **cache)
    >>> dtable.tolist()
    [[10.0], [0.0], [101.0]]
    """
    # out = table[indices]
    dtable = scatter_add(table, indices, dout)
    return (dtable,)


def torch_reference(table, indices):
    import torch

    return torch.nn.functional.embedding(indices, table)


def example(rng):
    contexts = rng.integers(0, 9, (7, 5))
    contexts[2, [0, 4]] = 6
    contexts[[1, 3], 2] = 4
    yield (
        "repeats within and across rows",
        {"table": rng.standard_normal((11, 3)), "indices": contexts},
    )
    yield (
        "a flat list",
        {"table": rng.standard_normal((7, 5)), "indices": rng.integers(0, 6, 13)},
    )


OP = Op(
    forward,
    backward,
    wrt=("table",),
    lesson=10,
    example=example,
    hints=(
        "Shapes first: dtable is (V, D) like the table, however many indices there are.",
        "Start from zeros. For every index add its dout to the row that it names: "
        "dtable_vd = sum of dout_id over the i with indices_i = v.",
        "indices = [2, 0, 2], dout = [[1], [10], [100]], V = 3: dtable = [[10], [0], [101]].",
    ),
    reference="Bengio, Ducharme, Vincent and Jauvin, [A Neural Probabilistic Language "
    "Model](https://www.jmlr.org/papers/v3/bengio03a.html), JMLR 3 (2003), section 2: the feature "
    "vectors of the words are parameters, and only those of the words that occur are updated.",
    mistakes=(
        Mistake(
            "emb-overwrite",
            "total = table * 0\ntotal[indices] = dout\ndtable = total",
            "When a token appears twice, its second gradient overwrites the first. A row that was "
            "used often receives the sum over all its uses.",
            same_as=("emb-fancy-iadd",),
        ),
        Mistake(
            "emb-fancy-iadd",
            "total = table * 0\ntotal[indices] += dout\ndtable = total",
            "It looks like adding, but indexing with += reads all rows before it writes any, so of "
            "repeated tokens only the last one counts.",
            same_as=("emb-overwrite",),
        ),
        Mistake(
            "emb-row-iadd",
            "total = table * 0\n"
            "for row, gradient in zip(indices, dout): total[row] += gradient\n"
            "dtable = total",
            "Repeats across rows add up, but a token that appears twice within one row is still "
            "counted once. The inner positions need the same care.",
        ),
        Mistake(
            "emb-mean",
            "dtable = scatter_add(table, indices, dout)"
            " / np.maximum(np.bincount(indices.ravel(), minlength=V), 1)[:, None]",
            "You averaged over the uses of each token. One row stands behind all of them, so their "
            "gradients add up.",
        ),
        Mistake(
            "emb-by-position",
            "dtable = scatter_add(table, np.arange(indices.size) % V, dout)",
            "The gradients went to rows by position in the batch. The index at that position says "
            "which row was used.",
        ),
        Mistake(
            "emb-not-scattered",
            "dtable = dout",
            "This is one gradient for each use. Bring each back to the row of the table that was "
            "used, until the shape is (V, D).",
        ),
        Mistake(
            "emb-counts",
            "dtable = scatter_add(table, indices, dout * 0 + 1)",
            "This counts how often each token was used, as if every upstream were 1. Add up dout "
            "itself.",
        ),
    ),
)
