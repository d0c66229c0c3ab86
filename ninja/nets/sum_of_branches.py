"""One value used twice: y = a * b + a.

a: (), b: ()  ->  y: ()
"""

from ninja.op import Mistake, Op


def forward(a, b):
    """y = a * b + a, with a name for each of the two places where a is used."""
    a_times = a
    a_plus = a
    product = a_times * b
    y = product + a_plus
    return y, {"a": a, "b": b}


def backward(dy, a, b):
    """Each use of a sends a gradient back, and they add up.

    da = dy b (from the product) + dy (from the sum), db = dy a

    >>> y, cache = forward(a=3.0, b=-2.0)
    >>> dproduct, da_plus, da_times, da, db = backward(10.0, **cache)
    >>> da_times, da_plus, da, db
    (-20.0, 10.0, -10.0, 30.0)
    """
    # y = product + a_plus
    dproduct = dy
    da_plus = dy
    # product = a_times * b
    da_times = dproduct * b
    db = dproduct * a
    # a_times = a and a_plus = a
    da = da_times + da_plus
    return dproduct, da_plus, da_times, da, db


def torch_reference(a, b):
    a_times, a_plus = a.clone(), a.clone()
    product = a_times.mul(b)
    y = product.add(a_plus)
    return y, {"a_times": a_times, "a_plus": a_plus, "product": product}


def example(rng):
    yield "mixed signs", {"a": 3.0, "b": -2.0 - 0.1 * rng.random()}
    yield "small numbers", {"a": -0.4, "b": 0.25 + 0.1 * rng.random()}


OP = Op(
    forward,
    backward,
    lesson=3,
    example=example,
    hints=(
        "Everything is a single number. a is used in two places: give each use a gradient of its "
        "own before you think about da.",
        "Nudge a a little: the product changes, and the second summand changes too. y feels both "
        "changes at once.",
        "a = 3, b = -2, dy = 10: the product sends 10 · (-2) = -20 back to a, the plain use sends "
        "10, so da = -10.",
    ),
    reference="Griewank and Walther, [Evaluating "
    "Derivatives](https://doi.org/10.1137/1.9780898717761) (2nd edition, 2008), chapter 3: "
    "adjoints are accumulated over all uses of a value.",
    mistakes=(
        Mistake(
            "sum-of-branches-da-overwritten",
            "da = da_plus",
            "The second gradient has replaced the first, as = does where += is meant.",
        ),
        Mistake(
            "sum-of-branches-da-product-only",
            "da = da_times",
            "Only the use in the product was counted. a is also added at the end.",
        ),
        Mistake(
            "sum-of-branches-da-averaged",
            "da = (da_times + da_plus) / 2",
            "The two uses were averaged. A nudge of a moves both at once, so y feels the whole of "
            "each.",
        ),
        Mistake(
            "sum-of-branches-da-multiplied",
            "da = da_times * da_plus",
            "Factors are multiplied along one path. Two paths side by side are combined another "
            "way.",
        ),
        Mistake(
            "sum-of-branches-da-times-own-value",
            "da_times = dproduct * a",
            "a is multiplied by b, so its slope in the product is b, not its own value.",
        ),
        Mistake(
            "sum-of-branches-da-times-forgets-upstream",
            "da_times = b",
            "That is the local slope only. The chain rule multiplies it by the gradient of the "
            "product.",
        ),
        Mistake(
            "sum-of-branches-db-both-branches",
            "db = dproduct * a + dy",
            "b is used once, in the product. The added a does not involve it.",
        ),
    ),
)
