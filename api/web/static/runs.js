// The list of runs, newest first: kept up to date while somebody looks.

import { fill, h, say } from "./dom.js";
import { active, ago, nameOf, stateOf } from "./words.js";

const PAGE = 30;
const [SOON, LATER] = [2000, 8000];

/** The navigation. `chosen(id)` marks the run that is open, `refresh()` looks at once. */
export class Runs {
  constructor(element, client) {
    this.client = client;
    this.list = h("ol", { class: "runs" });
    this.empty = h("p", { class: "dim body", hidden: true }, "No runs yet.");
    this.trouble = h("p", { class: "poor body small", hidden: true });
    this.more = h("button", { type: "button", class: "more", hidden: true, on: { click: () => this.older() } }, "Older runs");
    this.links = new Map();
    this.rows = [];
    this.extra = 0;
    this.open = "";
    fill(element, h("div", { class: "head" }, h("h2", {}, "Runs"), h("a", { class: "button", href: "#/" }, "New run")), this.trouble, this.empty, this.list, this.more);
    document.addEventListener("visibilitychange", () => !document.hidden && this.refresh());
  }

  chosen(id) {
    this.open = id;
    for (const [run, link] of this.links) {
      link.toggleAttribute("data-open", run === id);
      if (run === id) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  /** Whether the list has the run. */
  knows(id) {
    return this.links.has(id);
  }

  async refresh() {
    clearTimeout(this.timer);
    try {
      const page = await this.client.get(`/api/qa/runs?limit=${Math.min(100, PAGE + this.extra)}`);
      this.trouble.hidden = true;
      this.show(page);
    } catch (error) {
      this.trouble.hidden = false;
      say(this.trouble, error.message);
    }
    clearTimeout(this.timer);
    if (!document.hidden) this.timer = setTimeout(() => this.refresh(), this.rows.some(active) ? SOON : LATER);
  }

  older() {
    this.extra += PAGE;
    return this.refresh();
  }

  show({ runs, next }) {
    this.rows = runs;
    this.empty.hidden = runs.length > 0;
    this.more.hidden = !next || PAGE + this.extra > 100;
    const known = new Map([...this.list.children].map((item) => [item.dataset.run, item]));
    runs.forEach((run, index) => {
      const item = known.get(run.runId) ?? this.added(run);
      known.delete(run.runId);
      fillRow(item, run);
      if (this.list.children[index] !== item) this.list.insertBefore(item, this.list.children[index] ?? null);
    });
    for (const [id, item] of known) {
      item.remove();
      this.links.delete(id);
    }
    this.chosen(this.open);
  }

  added(run) {
    const link = h("a", { href: `#/runs/${run.runId}` }, h("span", { class: "sign", "aria-hidden": "true" }), h("span", { class: "project" }), h("time", { class: "dim numbers" }), h("span", { class: "state" }));
    this.links.set(run.runId, link);
    return h("li", { "data-run": run.runId }, link);
  }
}

function fillRow(item, run) {
  const [kind, sign, words] = stateOf(run);
  const [mark, project, time, state] = item.firstElementChild.children;
  mark.className = `sign ${kind}`;
  item.firstElementChild.title = run.project;
  say(mark, sign);
  say(project, nameOf(run.project));
  say(time, ago(run.finishedAt ?? run.startedAt ?? run.queuedAt));
  say(state, `${words}${run.status === "running" && run.iteration ? `, iteration ${run.iteration}` : ""}${run.applied && !run.undone ? ", written" : ""}`);
}
