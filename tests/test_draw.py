"""Pictures are well-formed, named, in the palette's colours, and readable where they are shown."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from ninja import draw
from ninja.draw.picture import text_width

SVG = "{http://www.w3.org/2000/svg}"
NEURON = {"p": ("×", "w", "x"), "z": ("+", "p", "b"), "h": ("tanh", "z")}
TWICE = {"p": ("×", "a", "b"), "out": ("+", "p", "a")}
FORKS = {
    "counts": ("exp", "logits"),
    "counts_sum": ("sum", "counts"),
    "counts_sum_inv": ("1/s", "counts_sum"),
    "probs": ("×", "counts", "counts_sum_inv"),
    "out": ("linear", "probs", "W"),
}
SHAPES = dict.fromkeys(["logits", "W", *FORKS], "(32, 27)")
LONG = {f"v{n}": ("step", f"v{n - 1}") for n in range(1, 9)}
ONE_TO_NINE = [float(n) for n in range(1, 10)]

PICTURES = {
    "a graph": draw.graph(
        NEURON,
        alt="A neuron & its <edges>.",
        values={"w": 0.5, "h": "(32, 27)"},
        gradients=dict.fromkeys("wxbpzh", -0.25),
        roles={"z": "wrong", "w": "inherited"},
    ),
    "a value used twice": draw.graph(TWICE, alt="a is used twice", gradients={"a": 1.0}),
    "a long graph": draw.graph(LONG, alt="eight steps"),
    "forks": draw.graph(FORKS, alt="counts forks", values=SHAPES, gradients=SHAPES),
    "forks, named once": draw.graph(FORKS, alt="the same", values=SHAPES, down=True, once=True),
    "curves": draw.curves(
        [
            draw.Curve(ONE_TO_NINE, ONE_TO_NINE, label="up"),
            draw.Curve(ONE_TO_NINE, ONE_TO_NINE[::-1], "wrong", "down", (2.0, 8.0), dashed=True),
        ],
        alt="one up, one down",
        title="two lines",
        x="from",
        y="to",
        at=5.0,
        dots=[(5.0, 5.0, "gradient")],
    ),
    "a wide number at the end": draw.curves(
        [draw.Curve([0.0, 4000.0], [0.0, 1.0])], alt="up", x="step"
    ),
    "logarithms": draw.curves(
        [draw.Curve([1e-8, 1e-4, 1.0], [1e-3, 0.0, 1e3])], alt="a gap", log="xy"
    ),
    "bars": draw.bars({"dw": 0.63, "dx": -0.16}, alt="dw is larger", roles={"dx": "wrong"}),
    "a histogram": draw.histogram(ONE_TO_NINE, alt="flat", bins=3),
    "heat": draw.heat([[1.0, -1.0], [0.0, 0.25]], alt="a matrix", title="m", x="c", y="r"),
}


@pytest.fixture(params=PICTURES, ids=str)
def picture(request):
    return PICTURES[request.param]


def elements(picture, tag):
    return list(ElementTree.fromstring(picture._repr_svg_()).iter(SVG + tag))


def test_it_is_xml_with_a_name(picture):
    root = ElementTree.fromstring(picture._repr_svg_())
    assert root.tag == SVG + "svg"
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == picture.alt
    whole = ElementTree.fromstring(picture.file("text { font-weight: 400 }"))
    assert whole.findtext(SVG + "title") == picture.alt


def test_every_colour_is_the_palette_s(picture):
    for element in ElementTree.fromstring(picture._repr_svg_()).iter():
        for attribute in ("fill", "stroke"):
            found = element.attrib.get(attribute, "none")
            assert found == "none" or re.fullmatch(r"var\(--ninja-\w+, (#\w+|none)\)", found), found


def placed(element, left=0.0):
    """Every text with the x that its groups leave it at."""
    moved = re.match(r"translate\(([-\d.]+) ", element.attrib.get("transform", ""))
    left += float(moved[1]) if moved else 0.0
    if "rotate" in element.attrib.get("transform", ""):
        return
    if element.tag == SVG + "text":
        yield element, left + float(element.attrib["x"])
    for child in element:
        yield from placed(child, left)


def test_no_text_is_cut_off(picture):
    for element, x in placed(ElementTree.fromstring(picture._repr_svg_())):
        left, right = reach(element, picture.font, x)
        assert left >= -4, element.text
        assert right <= picture.width + 4, element.text


def reach(element, font, x):
    """Where a text at x begins and ends in the widest of fonts."""
    width = text_width(element.text, font)
    anchor = element.attrib.get("text-anchor", "start")
    start = x - {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor] * width
    return start, start + width


@pytest.mark.parametrize("name", [name for name in PICTURES if "graph" in name or "fork" in name])
def test_words_touch_no_node_and_no_other_words(name):
    boxes = []
    for text in elements(PICTURES[name], "text"):
        left, right = reach(text, draw.FONT, float(text.attrib["x"]))
        base = float(text.attrib["y"])
        boxes.append((text.text, left, right, base - 0.7 * draw.FONT, base))
    nodes = [[float(e.attrib[k]) for k in ("x", "y", "width", "height")]
             for e in elements(PICTURES[name], "rect")]  # fmt: skip
    for n, (word, left, right, top, bottom) in enumerate(boxes):
        others = [box for box in boxes[n + 1 :] if left < box[2] and box[1] < right]
        assert not [o[0] for o in others if top < o[4] and o[3] < bottom], word
        for x, y, width, height in nodes:
            inside = x <= left and right <= x + width
            beside = right < x or x + width < left or bottom < y or y + height < top
            assert inside or beside, word


def test_a_chart_is_no_wider_than_a_phone_can_show():
    wide = draw.curves([draw.Curve([1.0, 2.0], [1.0, 2.0])], alt="a line", width=900)
    assert draw.READABLE <= wide.smallest_text() < draw.READABLE + 1


def test_a_phone_shows_readable_text(picture):
    assert picture.smallest_text() >= draw.READABLE


def test_a_picture_without_words_is_refused():
    with pytest.raises(ValueError, match="alt"):
        draw.bars({"dw": 1.0}, alt=" ")


def test_an_unknown_role_is_answered_with_the_known():
    with pytest.raises(ValueError, match=r"'blue'.*forward"):
        draw.bars({"dw": 1.0}, alt="one bar", role="blue")


@pytest.mark.parametrize("paper", ["#ffffff", "#1e1e1e"])
def test_fallbacks_can_be_read_on_white_and_on_black(paper):
    for role in ("ink", "forward", "gradient", "right", "wrong", "inherited", "muted"):
        light, dark = sorted(map(luminance, (paper, draw.FALLBACKS[role])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 3.5, role


def luminance(colour):
    """WCAG's relative luminance."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_a_graph_has_a_node_for_each_operation_and_a_label_for_each_number():
    found = PICTURES["a graph"]
    words = [element.text for element in elements(found, "text")]
    assert len(elements(found, "rect")) == len(NEURON)
    assert {"×", "+", "tanh", "w 0.5", "h (32, 27)", "dw −0.25", "dh −0.25"} <= set(words)


def test_a_graph_that_is_too_long_for_a_phone_runs_down():
    short = PICTURES["a value used twice"]
    assert short.width > short.height
    assert PICTURES["a long graph"].height > 3 * PICTURES["a long graph"].width


def test_a_graph_refuses_a_step_that_reads_a_later_one():
    with pytest.raises(ValueError, match="a reads b"):
        draw.graph({"a": ("+", "b", "c"), "b": ("exp", "c")}, alt="out of order")


def test_no_two_nodes_overlap():
    wide = draw.graph(
        {"s": ("sum", "a", "b", "c"), "t": ("max", "a", "b"), "u": ("×", "s", "t")}, alt="wide"
    )
    boxes = [
        tuple(float(e.attrib[k]) for k in ("x", "y", "width", "height"))
        for e in elements(wide, "rect")
    ]
    for n, (x, y, w, h) in enumerate(boxes):
        for x2, y2, w2, h2 in boxes[n + 1 :]:
            assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y


def points(path):
    """The points of a path of M and l."""
    found = []
    for start, steps in re.findall(r"M([^Ml]*)(?:l([^M]*))?", path):
        numbers = [float(v) for v in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", start + " " + steps)]
        x = y = 0.0
        run = []
        for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
            x, y = x + dx, y + dy
            run.append((x, y))
        found.append(run)
    return found


def test_a_curve_stays_where_its_data_is_though_it_has_few_points():
    xs = [n / 100 for n in range(-300, 301)]
    drawn = draw.curves(
        [draw.Curve(xs, [math.tanh(x) for x in xs])],
        alt="tanh",
        x_range=(-3, 3),
        y_range=(-1, 1),
    )
    (line,) = points(elements(drawn, "path")[-1].attrib["d"])
    assert len(line) < 60
    left, right = line[0][0], line[-1][0]
    ys = [y for _, y in line]
    top, bottom = min(ys), max(ys)
    for x, y in line:
        value = math.tanh(-3 + 6 * (x - left) / (right - left)) / math.tanh(3)
        assert abs((bottom + top) / 2 - value * (bottom - top) / 2 - y) < 0.6


def test_what_has_no_logarithm_leaves_a_gap():
    (path,) = (e.attrib["d"] for e in elements(PICTURES["logarithms"], "path")[-1:])
    assert [len(run) for run in points(path)] == [1, 1]


def test_ticks_of_a_logarithmic_axis_are_powers_of_ten():
    words = [e.text for e in elements(PICTURES["logarithms"], "text")]
    assert "10⁻⁸" in words
    assert "10⁰" in words


@pytest.mark.parametrize("values", [[], [math.nan], [math.inf]])
def test_a_chart_of_nothing_is_refused(values):
    with pytest.raises(ValueError, match="nothing to draw"):
        draw.curves([draw.Curve(values, values)], alt="empty")


def test_a_histogram_counts_every_value_once():
    drawn = draw.histogram([0.0, 0.1, 0.9, 1.0, 1.0], bins=2, alt="two and three")
    first, second = re.findall(r"V([\d.]+)H", elements(drawn, "path")[-1].attrib["d"])
    base = re.findall(r"M[\d.]+ ([\d.]+)V", elements(drawn, "path")[-1].attrib["d"])[0]
    low, high = (float(base) - float(v) for v in (first, second))
    assert high / low == pytest.approx(3 / 2, abs=0.01)


def test_heat_tells_signs_apart_and_zero_has_no_colour():
    painted = elements(PICTURES["heat"], "path")
    look = {e.attrib["d"]: (e.attrib["fill"], e.attrib["fill-opacity"]) for e in painted}
    assert look["M0 0h1v1h-1z"] == (draw.colour("forward"), "1")
    assert look["M1 0h1v1h-1z"] == (draw.colour("gradient"), "1")
    assert look["M1 1h1v1h-1z"] == (draw.colour("forward"), "0.25")
    assert len(look) == 3


def test_heat_refuses_rows_of_different_length():
    with pytest.raises(ValueError, match="one length"):
        draw.heat([[1.0], [1.0, 2.0]], alt="ragged")


def test_a_row_puts_pictures_side_by_side():
    shown = draw.Row(*PICTURES.values())._repr_html_()
    assert len(ElementTree.fromstring(shown)) == len(PICTURES)


def test_it_needs_the_standard_library_only():
    code = (
        "import json, sys; sys.modules['numpy'] = None; from ninja import draw; "
        "print(json.dumps([m for m in sys.modules if m.split('.')[0] in "
        "('torch', 'matplotlib', 'rich')]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
