// The repair loop as a drawing: where the run is, where it has been. The text below it says the same.

import { s } from "./dom.js";
import { NODES } from "./words.js";

const LABELS = {
  execute_tests: "Run tests", parse_failures: "Read results", evaluate_convergence: "Weigh",
  generate_fix: "Find a fix", apply_fix: "Apply it", request_approval: "Ask you", write_back: "Write files",
};
const SHOWN_AS = { merge_edits: "write_back" };
const EDGES = [
  ["execute_tests", "parse_failures"], ["parse_failures", "evaluate_convergence"], ["evaluate_convergence", "generate_fix", "still red"],
  ["generate_fix", "apply_fix"], ["apply_fix", "execute_tests", "try it"], ["evaluate_convergence", "request_approval", "green"],
  ["request_approval", "write_back"],
];
const HEIGHT = 42;
const WIDE = {
  width: 840, height: 150, box: 122,
  places: { execute_tests: [4, 10], parse_failures: [180, 10], evaluate_convergence: [356, 10], request_approval: [536, 10],
    write_back: [712, 10], apply_fix: [4, 98], generate_fix: [356, 98] },
};
const NARROW = {
  width: 320, height: 278, box: 138,
  places: { execute_tests: [4, 8], parse_failures: [178, 8], apply_fix: [4, 82], evaluate_convergence: [178, 82],
    generate_fix: [4, 156], request_approval: [178, 156], write_back: [178, 230] },
};

/** The drawing, with `update(state)`. It is drawn anew for a narrow page. */
export class Graph {
  constructor() {
    this.narrow = matchMedia("(max-width: 640px)");
    this.element = s("svg", { class: "graph", role: "img" });
    this.narrow.addEventListener("change", () => this.draw());
    this.draw();
  }

  draw() {
    const layout = this.narrow.matches ? NARROW : WIDE;
    this.element.setAttribute("viewBox", `0 0 ${layout.width} ${layout.height}`);
    this.element.setAttribute("data-layout", this.narrow.matches ? "narrow" : "wide");
    const arrow = s("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" }, s("path", { d: "M0.5 1 7 4 0.5 7", class: "arrow" }));
    this.nodes = new Map(Object.keys(LABELS).map((id) => [id, nodeView(id, layout)]));
    this.element.replaceChildren(s("defs", {}, arrow), ...EDGES.map((edge) => edgeView(edge, layout)), ...this.nodes.values());
    if (this.state) this.update(this.state);
  }

  update(state) {
    this.state = state;
    const now = SHOWN_AS[state.node] ?? state.node;
    for (const [id, node] of this.nodes) {
      const kind = id === now ? "now" : state.visited.has(id) ? "been" : "idle";
      node.setAttribute("class", `node ${kind}`);
      node.querySelector(".mark").textContent = { now: "▶", been: "✓", idle: "" }[kind];
    }
    const where = now ? `now ${NODES[state.node] ?? state.node}` : state.visited.size ? "the run has ended" : "not begun";
    this.element.setAttribute("aria-label", `The repair loop: ${where}`);
  }
}

function nodeView(id, { box, places: { [id]: [x, y] } }) {
  return s("g", { class: "node idle", "data-node": id },
    s("rect", { x, y, width: box, height: HEIGHT, rx: 9 }),
    s("text", { x: x + box / 2 + 6, y: y + HEIGHT / 2 + 5, "text-anchor": "middle" }, LABELS[id]),
    s("text", { x: x + 9, y: y + HEIGHT / 2 + 4, class: "mark" }));
}

function edgeView([from, to, label], layout) {
  const [x1, y1, x2, y2] = ends(layout.places[from], layout.places[to], layout.box);
  const line = s("path", { d: `M${x1} ${y1} L${x2} ${y2}`, class: "edge", "marker-end": "url(#arrow)" });
  if (!label) return line;
  const flat = y1 === y2;
  const slanted = x1 !== x2 && !flat;
  const place = flat ? { x: (x1 + x2) / 2 - 3, y: y1 - 6, "text-anchor": "middle" } : { x: (x1 + x2) / 2 + (slanted ? 12 : 8), y: (y1 + y2) / 2 + 4 };
  return s("g", {}, line, s("text", { ...place, class: "label" }, label));
}

/** Where an edge leaves one box and meets the other: side to side in a row, top to bottom in a column, else corner to corner. */
function ends([ax, ay], [bx, by], box) {
  if (ay === by) return ax < bx ? [ax + box, ay + HEIGHT / 2, bx - 2, by + HEIGHT / 2] : [ax, ay + HEIGHT / 2, bx + box + 2, by + HEIGHT / 2];
  const [down, gap] = [by > ay, by > ay ? -2 : 2];
  if (ax === bx) return [ax + box / 2, down ? ay + HEIGHT : ay, bx + box / 2, (down ? by : by + HEIGHT) + gap];
  return [ax + (bx < ax ? 8 : box - 8), down ? ay + HEIGHT : ay, bx + (bx < ax ? box - 8 : 8), (down ? by : by + HEIGHT) + gap];
}
