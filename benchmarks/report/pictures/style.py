"""The style of all pictures of a report: one colour, marker and line for each server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

WIDTH = 4.9
"""The width of a picture in inches.

It is narrow, so that the text can be read on a phone that shows the whole width.
"""

ROW_INCHES = 0.4
"""The height of a row in a picture that has a row for each way of serving."""

FRAME_INCHES = 1.15
"""The height of titles and axes."""

INK, QUIET, GRID, PAPER = "#0f172a", "#475569", "#e2e8f0", "#ffffff"

STYLE: Any = {
    "font.size": 11,
    "axes.titlesize": 11,
    "axes.labelsize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": GRID,
    "axes.axisbelow": True,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": QUIET,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    # Prevents the zeros of both axes from touching.
    "xtick.major.pad": 7,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "legend.frameon": False,
    "legend.fontsize": 11,
    # Keeps text as text, so that it can be read aloud, searched and translated.
    "svg.fonttype": "none",
    # Makes the ids in the SVG depend only on the figure: the same data gives the same file.
    "svg.hashsalt": "fawran",
}


@dataclass(frozen=True)
class ServerStyle:
    """The style of a server: its colours on a light and a dark background, marker and line."""

    light: str
    dark: str
    marker: str
    line: Any = "-"


SERVER_STYLES = {
    "gunicorn": ServerStyle("#b45309", "#fbbf24", "o", "-"),
    "gunicorn-gthread": ServerStyle("#be185d", "#f9a8d4", "s", (0, (5, 1.5))),
    "daphne": ServerStyle("#0f766e", "#5eead4", "^", (0, (6, 1.5, 1.5, 1.5))),
    "daphne-tuned": ServerStyle("#1d4ed8", "#93c5fd", "D", (0, (3, 1))),
    "split": ServerStyle("#6d28d9", "#c4b5fd", "v", (0, (3, 1, 1, 1, 1, 1))),
    "daphne-buffered": ServerStyle("#0369a1", "#7dd3fc", "P", "--"),
    "daphne-metered": ServerStyle("#4338ca", "#a5b4fc", "X", "--"),
    "null": ServerStyle("#64748b", "#a1afc2", ".", ":"),
    "picows": ServerStyle("#7c3aed", "#d8b4fe", "p", "-"),
    "socket.io": ServerStyle("#9d174d", "#fda4af", "h", "--"),
    "ws": ServerStyle("#4d7c0f", "#bef264", "<", "-."),
    "granian": ServerStyle("#a16207", "#fde047", ">", "--"),
    "gunicorn-asgi": ServerStyle("#dc2626", "#fca5a5", "*", "-."),
    "hypercorn": ServerStyle("#0e7490", "#67e8f9", "d", ":"),
    "uvicorn": ServerStyle("#c026d3", "#f0abfc", "H", "--"),
}
"""The style of each server, in the order of the pictures."""

OTHER = ServerStyle("#334155", "#cbd5e1", "8", "-")
"""The style of a server that is not known, such as a deployment."""

VERDICT_COLOURS = {
    "reproduced": ("#15803d", "#86efac"),
    "exceeded": ("#166534", "#4ade80"),
    "partly": ("#a84300", "#fdba74"),
    "at the limit": ("#854d0e", "#facc15"),
    "not reproduced": ("#b91c1c", "#fca5a6"),
    "contradicted": ("#991b1b", "#f87171"),
    "inconclusive": ("#52606d", "#b6c2cf"),
    "invalid": ("#5b6470", "#aab4c0"),
}
"""The colours of each verdict on a light and a dark background.

Each colour is used only once, so that a picture can change its background.
"""

DARK = {
    INK: "#e8edf4",
    QUIET: "#b3c0d0",
    GRID: "#334155",
    PAPER: "#111a2c",
    **{style.light: style.dark for style in (*SERVER_STYLES.values(), OTHER)},
    **dict(VERDICT_COLOURS.values()),
}
"""The replacement of each colour of a picture on a dark background."""


def style_of(server: str) -> ServerStyle:
    """Return the style of a server, which is the same in every picture."""
    return SERVER_STYLES.get(server, OTHER)


def place(server: str) -> tuple[int, str]:
    """Return the sort key of a server for the order of the pictures."""
    known = list(SERVER_STYLES)
    return (known.index(server) if server in known else len(known), server)


def rows_high(figure: Figure, rows: int) -> None:
    """Set the height of a figure for a number of rows."""
    figure.set_size_inches(WIDTH, FRAME_INCHES + ROW_INCHES * rows)


def name_rows(axes: Axes, labels: list[str]) -> None:
    """Name the rows of axes, the first at the top.

    Each label must have one line: several lines would not align in the reader's font.
    """
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)


def mark_row(axes: Axes, row: int, text: str, colour: str = QUIET) -> None:
    """Write a text at the right end of a row."""
    axes.annotate(
        text,
        (1, row),
        xycoords=("axes fraction", "data"),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        color=colour,
        fontsize=11,
        annotation_clip=False,
    )
