// The tests: a square each that turns from red to green, and a card a failure with expected and actual side by side.

import { marked } from "./diff.js";
import { changedSpans } from "./differences.js";
import { badge, fill, h, output, panel, s, say } from "./dom.js";
import { count, number } from "./words.js";

const SQUARES = 240;
const CARDS = 40;
const LONGEST = 20000;
const STATES = {
  failing: ["bad", "✗", "fails"],
  mended: ["ok", "✓", "passes now"],
  broken: ["bad", "✗", "fails with the patch"],
};

/** The panel with `counted(state)` for the numbers and `shown(first, last)` for the failures of two reports. */
export class Tests {
  constructor() {
    this.panel = panel("Tests", { id: "tests" });
    this.strip = h("div", { class: "strip", "aria-hidden": "true" });
    this.words = h("p", { class: "counts numbers" });
    this.list = h("ul", { class: "failures" });
    this.more = h("p", { class: "body dim", hidden: true });
    this.cards = new Map();
    this.panel.body.append(h("div", { class: "body live" }, this.words, this.strip), this.list, this.more);
    this.element = this.panel.element;
  }

  /** The numbers as they are now; while the tests run those that have not are grey. */
  counted(state) {
    const now = state.counts;
    if (!now) return say(this.words, "Not run yet");
    const total = Math.max(state.total, now.passed + now.failed);
    const waiting = Math.max(0, total - now.passed - now.failed);
    const parts = [`${number(now.passed)} passed`, `${number(now.failed)} failed`];
    if (now.running && waiting) parts.push(`${number(waiting)} to go`);
    if (!now.running && waiting) parts.push(`${number(waiting)} skipped`);
    say(this.words, parts.join(", ") + (total ? ` of ${count(total, "test")}` : ""));
    this.words.classList.toggle("all-green", !now.running && now.failed === 0 && now.passed > 0);
    return this.drawn([now.passed, waiting, now.failed], total);
  }

  drawn([passed, waiting, failed], total) {
    if (total > SQUARES) {
      const part = (size, at, kind) => s("rect", { x: (100 * at) / total, y: 0, width: (100 * size) / total, height: 8, class: kind });
      const bar = s("svg", { viewBox: "0 0 100 8", preserveAspectRatio: "none", class: "bar" },
        part(passed, 0, "passed"), part(waiting, passed, "waiting"), part(failed, passed + waiting, "failed"));
      return fill(this.strip, bar);
    }
    while (this.strip.childElementCount > total) this.strip.lastElementChild.remove();
    while (this.strip.childElementCount < total) this.strip.append(h("i", { class: "waiting" }));
    [...this.strip.children].forEach((square, index) => {
      const kind = index < passed ? "passed" : index < passed + waiting ? "waiting" : "failed";
      if (square.className !== kind) square.className = kind;
    });
    return undefined;
  }

  /** A card for each test that failed in `first`, in `last` or both; cards that stay keep what is folded out. */
  shown(first, last) {
    const rows = rowsOf(first, last);
    for (const id of [...this.cards.keys()].filter((known) => !rows.has(known))) {
      this.cards.get(id).remove();
      this.cards.delete(id);
    }
    for (const [id, [failure, state]] of [...rows].slice(0, CARDS)) {
      const key = `${state}\u0000${failure.message}\u0000${failure.actual}\u0000${failure.output?.length}`;
      const known = this.cards.get(id);
      if (known?.dataset.key === key) continue;
      const card = h("li", { "data-test": id, class: known && state === "mended" ? "turned" : "" }, cardView(failure, state));
      card.dataset.key = key;
      if (known) known.replaceWith(card);
      else this.list.append(card);
      this.cards.set(id, card);
    }
    const mended = [...rows.values()].filter(([, state]) => state === "mended").length;
    say(this.panel.aside, rows.size ? `${mended} of ${count(rows.size, "failure")} mended` : "");
    this.more.hidden = rows.size <= CARDS;
    say(this.more, `… and ${number(rows.size - CARDS)} more: the report has them.`);
  }
}

function rowsOf(first, last) {
  const then = new Set((first?.failures ?? []).map((one) => one.test_id));
  const now = new Map((last?.failures ?? []).map((one) => [one.test_id, one]));
  const rows = new Map();
  for (const one of first?.failures ?? []) rows.set(one.test_id, now.has(one.test_id) ? [now.get(one.test_id), "failing"] : [one, "mended"]);
  for (const one of now.values()) if (!then.has(one.test_id)) rows.set(one.test_id, [one, "broken"]);
  return rows;
}

function cardView(failure, state) {
  const place = failure.file ? (failure.line ? `${failure.file}:${failure.line}` : failure.file) : "";
  const title = h("div", { class: "title" }, badge(STATES[state]), h("h3", { class: "test" }, output(failure.test_id)), place ? h("span", { class: "place" }, output(place)) : null);
  const message = failure.message?.trim() ? h("pre", { class: "message", tabindex: 0 }, output(failure.message.slice(0, LONGEST))) : null;
  const stack = (failure.stack ?? []).map((frame) => `${frame.file}:${frame.line ?? "?"}${frame.function ? `  ${frame.function}` : ""}`);
  return h("article", { class: `failure ${state}` }, title, message, pairView(failure),
    stack.length > 1 ? folded("Stack", stack.join("\n")) : null,
    failure.output?.trim() ? folded("Output", failure.output.slice(0, LONGEST)) : null);
}

function pairView({ expected, actual }) {
  const known = (value) => value !== null && value !== undefined;
  if (!known(expected) && !known(actual)) return null;
  const [gone, came] = known(expected) && known(actual) ? changedSpans(expected, actual) : [[], []];
  const side = (name, value, spans) => h("div", { class: name }, h("dt", {}, name), h("dd", {}, h("pre", { tabindex: 0 }, marked(value.slice(0, LONGEST), spans))));
  return h("dl", { class: "pair" }, known(expected) ? side("expected", expected, gone) : null, known(actual) ? side("actual", actual, came) : null);
}

function folded(title, body) {
  return h("details", {}, h("summary", {}, title), h("pre", { tabindex: 0 }, output(body)));
}
