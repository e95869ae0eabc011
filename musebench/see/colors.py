"""The colours of relations and lines, on a light and on a dark background."""

from musebench.graph import RELATIONS

LIGHT = {
    "onset": "#1f6fd0",
    "consecutive": "#d1293d",
    "during": "#1a7f37",
    "rest": "#a67c00",
}
DARK = {
    "onset": "#6cb0ff",
    "consecutive": "#ff7f7f",
    "during": "#5cd17a",
    "rest": "#e8c547",
}
# By Okabe and Ito, made light or dark enough for the background.
LINES_LIGHT = (
    *("#0072b2", "#c44e00", "#00805e", "#b0508a"),
    *("#8f6a00", "#2f7fae", "#6b6b00", "#5b4bb5"),
)
LINES_DARK = (
    *("#4fb3ee", "#ff9a4d", "#3fd0a6", "#ea9cc8"),
    *("#f0c14b", "#8fd0f5", "#d0d04b", "#b3a8ff"),
)
# How far the curve of an edge bows from the straight line, as a share of its length.
BOWS = {"onset": 0.2, "consecutive": 0.07, "during": 0.16, "rest": -0.12}

assert LIGHT.keys() == DARK.keys() == BOWS.keys() == set(RELATIONS)
