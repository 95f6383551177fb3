"""How all pictures of a report look."""

from __future__ import annotations

from typing import Any

ABOVE_BARS = 0.1
"""Room above bars for their figures, as a share of the axis."""

STYLE: Any = {
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e2e8f0",
    "axes.axisbelow": True,
    "svg.fonttype": "none",
    # Ids in the SVG depend on nothing but the figure: the same data, the same file.
    "svg.hashsalt": "fawran",
}
COLOURS = {
    "gunicorn": "#b45309",
    "daphne": "#0f766e",
    "daphne-tuned": "#1d4ed8",
    "daphne-buffered": "#60a5fa",
    "null": "#64748b",
    "picows": "#7c3aed",
    "socket.io": "#be185d",
    "ws": "#4d7c0f",
    "granian": "#a16207",
    "gunicorn-asgi": "#dc2626",
    "hypercorn": "#0891b2",
    "uvicorn": "#c026d3",
}
"""Of each server; their order is that of the pictures."""

OTHERS = "#0f172a"


def colour(server: str) -> str:
    """Return a server's colour, the same in every picture."""
    return COLOURS.get(server, OTHERS)


def place(server: str) -> tuple[int, str]:
    """Return where a server comes in the pictures, as a key to sort by."""
    known = list(COLOURS)
    return (known.index(server) if server in known else len(known), server)
