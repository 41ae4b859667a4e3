"""A graph as a picture of ours: LangGraph's own asks a service for one, and a notebook may have no network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...core.display import Drawn
from ..report.markup import Html, tag
from .style import GOOD, QUIET, tint

NODE_WIDTH, NODE_HEIGHT, STEP = 176, 26, 44
"""Pixels; ``STEP`` from one node to the next."""
_LANE = 16
_HEAD = 4


@dataclass(frozen=True)
class Edge:
    """An arrow between two nodes, by their places in the order; dashed where a router decides."""

    start: int
    end: int
    dashed: bool = False


@dataclass(frozen=True)
class Picture(Drawn):
    """Nodes in their order, the edges between them, the same as mermaid text, the node that is lit."""

    nodes: tuple[str, ...]
    edges: tuple[Edge, ...]
    mermaid: str
    lit: str = ""


def picture(graph: Any = None, lit: str = "") -> Picture:
    """The picture of a compiled LangGraph graph; of the repair graph where none is given."""
    if graph is None:
        from ...graph.builder import build_graph

        graph = build_graph()
    drawable = graph.get_graph()
    names = tuple(drawable.nodes)
    place = {name: index for index, name in enumerate(names)}
    edges = tuple(Edge(place[edge.source], place[edge.target], edge.conditional) for edge in drawable.edges)
    return Picture(names, edges, drawable.draw_mermaid(), lit)


def graph_svg(drawn: Picture) -> Html:
    """One node below the other; arrows that skip or go back run at the sides, each in a lane of its own."""
    lanes = _lanes(drawn.edges)
    side = _LANE * (max((abs(lane) for _, lane in lanes), default=0) + 1)
    width, height = NODE_WIDTH + 2 * side, STEP * len(drawn.nodes)
    nodes = [_node(name, index, lit=name == drawn.lit) for index, name in enumerate(drawn.nodes)]
    return tag(
        "svg",
        tag("title", f"Graph of {', '.join(_shown(name) for name in drawn.nodes)}"),
        [_arrow(edge, lane) for edge, lane in lanes],
        nodes,
        viewBox=f"{-side - NODE_WIDTH // 2} 0 {width} {height}",
        width=width,
        height=height,
        role="img",
        style="color:inherit;max-width:100%;font:12px system-ui,sans-serif",
    )


def _lanes(edges: tuple[Edge, ...]) -> list[tuple[Edge, int]]:
    """Each edge with its lane: 0 straight down, 1, 2, … further and further out to the right, negative to the left."""
    found = [(edge, 0) for edge in edges if edge.end == edge.start + 1]
    for side, forward in ((1, True), (-1, False)):
        beside = [edge for edge in edges if edge.end != edge.start + 1 and (edge.end > edge.start) is forward]
        beside.sort(key=lambda edge: abs(edge.end - edge.start))
        found += [(edge, side * lane) for lane, edge in enumerate(beside, 1)]
    return found


def _arrow(edge: Edge, lane: int) -> Html:
    side = (lane > 0) - (lane < 0)
    if not side:
        top, tip = _middle(edge.start) + NODE_HEIGHT // 2, _middle(edge.end) - NODE_HEIGHT // 2
        points = f"0,{top} 0,{tip - _HEAD}"
        head = f"0,{tip} {-_HEAD},{tip - 2 * _HEAD} {_HEAD},{tip - 2 * _HEAD}"
    else:
        start, tip = _middle(edge.start) + _HEAD, _middle(edge.end) - _HEAD  # apart, where one leaves and one arrives
        edge_x, lane_x = side * NODE_WIDTH // 2, side * (NODE_WIDTH // 2 + abs(lane) * _LANE)
        back = edge_x + side * 2 * _HEAD
        points = f"{edge_x},{start} {lane_x},{start} {lane_x},{tip} {back},{tip}"
        head = f"{edge_x},{tip} {back},{tip - _HEAD} {back},{tip + _HEAD}"
    stroke = {"fill": "none", "stroke": QUIET, "stroke_width": "1.5", "stroke_linejoin": "round"}
    dashes = "4 3" if edge.dashed else None
    return tag(
        "g", tag("polyline", points=points, stroke_dasharray=dashes, **stroke), tag("polygon", points=head, fill=QUIET)
    )


def _node(name: str, index: int, *, lit: bool) -> Html:
    y = _middle(index)
    look = tint(GOOD).replace("background", "fill") if lit else "fill:none"
    box = {"x": -NODE_WIDTH // 2, "y": y - NODE_HEIGHT // 2, "width": NODE_WIDTH, "height": NODE_HEIGHT}
    placed = " ".join(f'{key}="{value}"' for key, value in box.items())
    frame = Html(f'<rect {placed} rx="6" stroke="{GOOD if lit else QUIET}" style="{look}"/>')
    label = tag("text", _shown(name), x=0, y=y + 4, text_anchor="middle", fill="currentColor")
    return tag("g", frame, label)


def _middle(index: int) -> int:
    return STEP * index + STEP // 2


def _shown(name: str) -> str:
    return name.strip("_")
