// What was tried: the iterations with their verdicts, the providers with state, time, tokens and money.

import { diffView } from "./diff.js";
import { badge, fill, h, output, panel, prose, say } from "./dom.js";
import { count, money, number, seconds, verdictOf, who } from "./words.js";

/** The panel of iterations; `update(state, result)` takes the run's events, or the result of one that has none. */
export class Attempts {
  constructor() {
    this.panel = panel("Attempts", { id: "attempts" });
    this.element = this.panel.element;
    this.key = "";
  }

  update(state, result) {
    const attempts = result ? result.corrections_applied : state.attempts;
    const key = `${attempts.length} ${Boolean(result)}`;
    this.element.hidden = !attempts.length;
    if (key === this.key) return;
    this.key = key;
    say(this.panel.aside, count(attempts.length, "iteration"));
    fill(this.panel.body, h("ol", { class: "failures" }, attempts.map((one) => h("li", {}, attemptView(one, attempts.length > 1)))));
  }
}

function attemptView(attempt, withDiff) {
  const author = attempt.fixes_applied?.[0] ?? attempt;
  const usage = attempt.usage ?? {};
  const tokens = (usage.input_tokens ?? 0) + (usage.output_tokens ?? 0);
  const spent = tokens ? `, ${number(tokens)} tokens, ${money(usage.cost_usd)}` : "";
  const diff = (withDiff ? attempt.fixes_applied ?? [] : []).map((fix) => fix.diff).join("");
  return h("div", { class: "failure" },
    h("div", { class: "title" }, h("h3", {}, `Iteration ${attempt.iteration}`), badge(verdictOf(attempt)),
      h("span", { class: "numbers" }, `${attempt.failures_before} → ${attempt.failures_after} failing`),
      h("span", { class: "dim" }, author.provider ? `by ${who(author)}${spent}` : spent)),
    author.explanation?.trim() ? h("p", { class: "why wrap" }, prose(author.explanation.trim().slice(0, 2000))) : null,
    (attempt.suspicious ?? []).map((reason) => h("p", { class: "note wrap" }, h("strong", {}, "Suspicious: "), output(reason))),
    diff ? lazily("Its changes", () => h("div", { class: "panel" }, diffView(diff))) : null);
}

function lazily(title, view) {
  const details = h("details", {}, h("summary", {}, title));
  details.addEventListener("toggle", () => details.append(view()), { once: true });
  return details;
}

/** The panel of providers; who is being asked right now has a row that counts. */
export class Providers {
  constructor() {
    this.panel = panel("Providers", { id: "providers" });
    const names = ["Provider", "Answers", "Time", "Tokens in", "Tokens out", "Money"];
    const head = h("tr", {}, names.map((name, at) => h("th", { scope: "col", class: at > 1 ? "right" : null }, name)));
    this.rows = h("tbody");
    this.panel.body.append(h("table", { class: "rows folds" }, h("thead", {}, head), this.rows));
    this.element = this.panel.element;
    this.key = "";
  }

  update(state, result) {
    const legs = state.calls.length || state.asking ? legsOf(state.calls) : (result?.providers ?? []).map(unknown);
    const asking = state.asking;
    const waited = asking ? Math.floor((Date.now() - asking.since) / 1000) : -1;
    const key = `${state.calls.length} ${legs.length} ${asking?.provider} ${waited} ${state.search?.candidates}`;
    this.element.hidden = !legs.length && !asking;
    if (key === this.key) return;
    this.key = key;
    fill(this.rows, legs.map(legView), asking ? askingView(asking, waited, state.search) : null);
    say(this.panel.aside, this.element.hidden ? "" : spent(legs));
  }
}

function legsOf(calls) {
  const legs = new Map();
  for (const call of calls) {
    const key = `${call.provider}\u0000${call.model}`;
    if (!legs.has(key)) legs.set(key, { provider: call.provider, model: call.model, calls: 0, ok: 0, errors: [], seconds: 0, input: 0, output: 0, cost: 0 });
    const leg = legs.get(key);
    const usage = call.usage ?? {};
    leg.calls += 1;
    leg.ok += Number(call.ok);
    leg.seconds += call.seconds ?? 0;
    leg.input += usage.input_tokens ?? 0;
    leg.output += usage.output_tokens ?? 0;
    leg.cost = leg.cost === null || usage.cost_usd === null || usage.cost_usd === undefined ? null : leg.cost + usage.cost_usd;
    if (call.error) leg.errors.push(call.error);
  }
  return [...legs.values()];
}

/** A row of a run whose calls nobody recorded: only the result's own numbers are known. */
const unknown = (row) => ({ ...row, seconds: null, input: null, output: null, cost: null });

function legView(leg) {
  const offline = leg.provider === "offline";
  const sign = leg.ok === leg.calls ? ["ok", "✓"] : leg.ok ? ["warn", "~"] : ["bad", "✗"];
  const known = (value, words) => (value === null ? "unknown" : words(value));
  const tokens = (value) => (offline ? "–" : known(value, number));
  const cell = (name, value) => h("td", { class: "right", "data-name": name }, value);
  const errors = leg.errors.slice(0, 4).map((error) => h("p", { class: "small wrap" },
    h("span", { class: "poor" }, `${error.kind.replaceAll("_", " ")}${error.status ? ` ${error.status}` : ""}: `), output(error.message.slice(0, 400))));
  return h("tr", { "data-provider": leg.provider },
    h("th", { scope: "row" }, leg.provider, " ", h("span", { class: "mono dim" }, leg.model)),
    h("td", { class: "wide" }, badge([...sign, `${leg.ok} of ${leg.calls}`]), errors),
    cell("time", known(leg.seconds, seconds)), cell("tokens in", tokens(leg.input)), cell("tokens out", tokens(leg.output)),
    cell("money", offline ? money(0) : known(leg.cost, money)));
}

function askingView(asking, waited, search) {
  const tried = asking.provider === "offline" && search ? `${number(search.candidates)} candidates, ${search.plausible} plausible` : "asking";
  return h("tr", {}, h("th", { scope: "row" }, asking.provider, " ", h("span", { class: "mono dim" }, asking.model)),
    h("td", { class: "wide" }, badge(["run", "●", tried])), h("td", { class: "right", "data-name": "time" }, `${waited} s`), h("td"), h("td"), h("td"));
}

function spent(legs) {
  const cost = legs.reduce((sum, leg) => (sum === null || (leg.cost === null && leg.provider !== "offline") ? null : sum + (leg.cost ?? 0)), 0);
  return legs.length ? `${money(cost)}${cost === null ? " cost" : ""} in all` : "";
}
