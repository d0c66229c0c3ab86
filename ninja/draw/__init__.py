"""Pictures for lessons and notebooks, as SVG: graphs, curves, bars, histograms, matrices.

    graph      a computation, values forward and gradients back on every edge
    curves     lines over an axis, linear or logarithmic
    bars       one bar for each name;  histogram  how often values occur
    heat       a matrix in two colours, one for each sign
    equation   matrices with their entries written out, and signs between them
    Row        several pictures side by side, one below the other on a phone

Every picture needs `alt`: what a reader who cannot see it is told.  Colours are roles of the
course's palette ("forward", "gradient", "right", "wrong", "inherited", "muted"), so that a picture
follows light and dark mode; away from the site each falls back on a colour that can be read on
white and on black.  Only the standard library is used.
"""

from ninja.draw.charts import Curve, bars, curves, histogram
from ninja.draw.graphs import graph
from ninja.draw.matrices import Grid, equation, heat
from ninja.draw.picture import FALLBACKS, FONT, MINUS, READABLE, Picture, Row, colour, number

__all__ = [
    "FALLBACKS",
    "FONT",
    "MINUS",
    "READABLE",
    "Curve",
    "Grid",
    "Picture",
    "Row",
    "bars",
    "colour",
    "curves",
    "equation",
    "graph",
    "heat",
    "histogram",
    "number",
]
