// One run: its state as it is now, everything it did so far, and what can be done with it.

import { Approval } from "./approval.js";
import { confirmed } from "./dialogs.js";
import { diffView } from "./diff.js";
import { badge, fill, h, output, panel, say } from "./dom.js";
import { beginning, fold } from "./fold.js";
import { Figures } from "./figures.js";
import { Graph } from "./graph.js";
import { asNow, countsOf, nowWords, visitedBy } from "./status.js";
import { follow } from "./stream.js";
import { Attempts, Providers } from "./tables.js";
import { Tests } from "./tests.js";
import { active, clock, nameOf, stateOf } from "./words.js";

const REPORTS_KEPT = 4;
const SAID_AT_ONCE = 4;
const LOOK_AGAIN = 3000;
const STALE_AFTER = new Set(["approval", "decided"]);

/** The page of the run `id`. `announce(words)` speaks to a screen reader, `changed()` tells that the list is stale. */
export class Run {
  constructor(client, id, { announce, changed }) {
    Object.assign(this, { client, id, announce, changed });
    this.base = `/api/qa/runs/${encodeURIComponent(id)}`;
    this.state = beginning();
    this.document = null;
    this.last = 0;
    this.unsaid = [];
    this.reports = new Map();
    this.ended = new AbortController();
    this.heading = h("h1", { tabindex: -1, class: "wrap" }, "Run");
    this.status = h("span", { class: "status" });
    this.facts = h("dl", { class: "facts" });
    this.buttons = h("div", { class: "buttons" });
    this.trouble = h("p", { class: "note", role: "alert", hidden: true });
    this.summary = h("p", { class: "summary wrap", hidden: true });
    this.graph = new Graph();
    this.figures = new Figures();
    this.now = h("p", { class: "now numbers" });
    this.tests = new Tests();
    this.attempts = new Attempts();
    this.providers = new Providers();
    this.approval = new Approval((decision) => this.decide(decision));
    this.patch = panel("Patch", { id: "patch", hidden: true });
    this.log = h("ol", { class: "log mono" });
    this.element = h("div", { class: "stack run" },
      h("a", { class: "back", href: "#/" }, "← All runs"),
      h("header", {}, h("div", { class: "headline" }, this.heading, this.status, this.buttons), this.facts, this.summary), this.trouble,
      h("section", { class: "panel progress", "aria-label": "Progress" }, h("div", { class: "drawing" }, this.graph.element, this.now), this.figures.element),
      this.approval.element, this.patch.element, this.tests.element, this.attempts.element, this.providers.element,
      h("details", { class: "panel logs" }, h("summary", {}, "Log"), this.log));
  }

  /** Shows the run and follows it until `leave()`. Raises `Problem` where there is none. */
  async open() {
    await this.load();
    this.timer = setInterval(() => active(this.document) && this.draw(), 1000);
    this.follow();
  }

  leave() {
    clearInterval(this.timer);
    clearTimeout(this.retry);
    this.ended.abort();
  }

  follow() {
    return follow(this.client, `${this.base}/events`, {
      after: this.last,
      onEvent: (event) => this.heard(event),
      onState: (state) => this.connected(state),
      signal: this.ended.signal,
    });
  }

  async load() {
    this.document = await this.client.get(this.base, this.ended.signal);
    if (this.document.approval) this.state.approval ??= this.document.approval;
    await this.loadReports();
    this.draw();
  }

  heard(event) {
    const told = this.state.told;
    this.last = event.id;
    this.state = fold(this.state, event);
    if (STALE_AFTER.has(event.event) || (event.event === "started" && this.document.status === "queued")) this.stale();
    if (this.state.told !== told) this.speak(this.state.said);
    if (event.event === "update" && event.update?.report) this.loadReports();
    this.soon();
  }

  /** Of what happens in a burst the last is said, in one go. */
  speak(words) {
    this.unsaid.push(words);
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => this.announce(this.unsaid.splice(0).slice(-SAID_AT_ONCE).join(". ")), 250);
  }

  soon() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      if (!this.ended.signal.aborted) this.draw();
    });
  }

  connected(state) {
    this.trouble.hidden = state !== "lost";
    if (state === "lost") say(this.trouble, "The connection is lost; trying again…");
    if (state === "ended") this.stale().then(() => this.again());
  }

  /** A run whose log does not grow although it goes on, as that of another version may be, is looked at again. */
  again() {
    if (active(this.document)) this.retry = setTimeout(() => this.follow(), LOOK_AGAIN);
  }

  /** Asks for the run again, and tells the list. */
  stale() {
    this.changed();
    return this.load().catch((error) => this.failed(error));
  }

  failed(error) {
    if (error.name === "AbortError") return;
    this.trouble.hidden = false;
    say(this.trouble, error.message);
  }

  /** The first and the newest report whole: events bring only the first failures of each. */
  async loadReports() {
    const result = this.document?.result;
    if (result) return this.tests.shown(result.initial_test_results, result.final_test_results);
    const { initial, latest } = this.state;
    if (!initial) return undefined;
    const [first, last] = await Promise.all([this.report(initial), this.report(latest)]);
    if (!this.document?.result && this.state.latest === latest) this.tests.shown(first, latest.partial ? first : last);
    return undefined;
  }

  async report(brief) {
    if (!this.reports.has(brief.id)) {
      const whole = this.client.get(`${this.base}/reports/${brief.id}`, this.ended.signal).catch(() => brief);
      this.reports.set(brief.id, whole);
      const oldest = [...this.reports.keys()].find((id) => id !== this.state.initial.id);
      if (this.reports.size > REPORTS_KEPT) this.reports.delete(oldest);
    }
    return this.reports.get(brief.id);
  }

  draw() {
    const state = this.state;
    const run = asNow(this.document, state);
    const result = run.result;
    say(this.heading, nameOf(run.project));
    this.drawHead(run, state);
    this.graph.update(state.node || state.visited.size ? state : visitedBy(result, state));
    say(this.now, nowWords(run, state));
    this.figures.update(run, state);
    this.tests.counted(result && !active(run) ? countsOf(result) : state);
    this.approval.update(run.status === "waiting" || state.approval ? state.approval ?? run.approval : null);
    this.drawPatch(result, run);
    this.attempts.update(state, result);
    this.providers.update(state, result);
    this.drawLog(state.lines);
  }

  drawHead(run, state) {
    const key = JSON.stringify([run.status, run.outcome, run.undone, run.applied, run.resumable, run.undoable, Boolean(run.result), state.framework]);
    if (key === this.headKey) return;
    this.headKey = key;
    fill(this.status, badge(stateOf(run)));
    const result = run.result;
    const facts = [["project", run.project], ["run", run.runId], ["started", clock(run.startedAt ?? run.queuedAt)],
      ["tests", state.framework || result?.initial_test_results.framework], ["sandbox", state.sandbox || result?.sandbox]];
    fill(this.facts, facts.filter(([, value]) => value).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
    const message = run.message || result?.message;
    this.summary.hidden = !message || active(run);
    fill(this.summary, message ? output(message) : "");
    this.drawButtons(run);
  }

  drawButtons(run) {
    const focused = this.buttons.contains(document.activeElement);
    const button = (name, kind, press) => h("button", { type: "button", class: kind, on: { click: ({ currentTarget }) => this.press(currentTarget, press) } }, name);
    fill(this.buttons,
      active(run) ? button("Cancel", "", () => this.act("cancel")) : null,
      run.resumable ? button("Resume", "primary", () => this.resume()) : null,
      run.result ? button("Report", "", () => this.show("report.html", "text/html")) : null,
      run.result?.patch ? button("Patch file", "", () => this.show("patch", "text/x-diff", `${run.runId}.patch`)) : null,
      run.undoable ? button("Undo…", "", () => this.undo(run)) : null);
    if (focused) (this.buttons.querySelector("button") ?? this.heading).focus();
  }

  drawPatch(result, run) {
    const text = result?.patch ?? "";
    this.patch.element.hidden = !text;
    say(this.patch.aside, run.undone ? "was written, and taken back" : result?.applied ? "written to the project" : "not written to the project");
    if (text === this.patchText) return;
    this.patchText = text;
    fill(this.patch.body, diffView(text));
  }

  drawLog(lines) {
    this.log.parentElement.hidden = !lines.length;
    while (this.log.childElementCount > lines.length) this.log.firstElementChild.remove();
    for (let index = this.log.childElementCount; index < lines.length; index++) this.log.append(h("li", {}, output(lines[index])));
  }

  async press(button, work) {
    button.disabled = true;
    try {
      await work();
    } catch (error) {
      this.failed(error);
    }
    button.disabled = false;
    if (document.activeElement === document.body) (button.isConnected ? button : this.heading).focus();
  }

  async act(name) {
    await this.client.post(`${this.base}/${name}`);
    await this.stale();
  }

  async resume() {
    await this.act("resume");
    clearTimeout(this.retry);
    this.follow();
  }

  async undo(run) {
    const files = Object.keys(run.result?.final_code ?? {});
    const words = `${files.length ? files.join(", ") : "The files"} will be as before this run, byte for byte. Nothing happens where a file was changed since.`;
    if (!(await confirmed({ title: "Put the files back?", words, yes: "Put them back", danger: true }))) return;
    await this.act("undo");
    this.announce("The files are as they were before the run.");
    this.heading.focus();
  }

  async decide(decision) {
    const given = Object.fromEntries(Object.entries(decision).filter(([, value]) => value !== ""));
    await this.client.post(`${this.base}/approval`, given);
    this.state.approval = null;
    this.document.approval = null;
    this.document.status = "running";
    this.heading.focus();
    this.draw();
  }

  /** Opens what the server has of the run: a plain link would not carry the token. */
  async show(name, type, file) {
    if (!file && !this.client.hasToken) return void window.open(`${this.base}/${name}`, "_blank", "noopener");
    const response = await this.client.send(`${this.base}/${name}`);
    const address = URL.createObjectURL(new Blob([await response.arrayBuffer()], { type }));
    h("a", { href: address, download: file ?? `${this.id}.html` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
    return undefined;
  }
}
