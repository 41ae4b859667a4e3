// The run in numbers: what failed and fails, what it took so far.

import { fill, h, say } from "./dom.js";
import { active, money, number, seconds } from "./words.js";

const NAMES = ["Failing tests", "Passing tests", "Iterations", "Time", "Tokens", "Money"];

/** The row of numbers; `update(run, state)` takes the result where there is one. */
export class Figures {
  constructor() {
    this.cells = NAMES.map(() => h("dd"));
    this.element = h("dl", { class: "figures" }, NAMES.map((name, at) => h("div", {}, h("dt", {}, name), this.cells[at])));
  }

  update(run, state) {
    const known = run.result && !active(run) ? ended(run.result) : underWay(run, state);
    const [failing, passing, iterations, time, tokens, cost] = this.cells;
    const key = `${known.before} ${known.after}`;
    if (failing.dataset.key !== key) fill(failing, change(known));
    failing.dataset.key = key;
    say(passing, known.passed === null ? "–" : `${number(known.passed)} of ${number(known.total)}`);
    say(iterations, String(known.iterations));
    say(time, known.time === null ? "–" : seconds(known.time));
    say(tokens, number(known.tokens));
    say(cost, money(known.cost));
  }
}

function change({ before, after }) {
  if (before === null) return "–";
  const now = h("span", { class: after ? "poor" : "good" }, number(after));
  return before === after ? now : [number(before), h("span", { "aria-hidden": "true" }, " → "), h("span", { class: "hidden-text" }, " then "), now];
}

function ended(result) {
  const [first, last] = [result.initial_test_results, result.final_test_results];
  return {
    before: first.failed_tests + first.error_tests, after: last.failed_tests + last.error_tests,
    passed: last.passed_tests, total: last.total_tests, iterations: result.iterations_completed,
    time: result.timing.total_s ?? null, tokens: result.usage.input_tokens + result.usage.output_tokens, cost: result.usage.cost_usd,
  };
}

function underWay(run, state) {
  const { initial, latest, calls } = state;
  const usage = calls.map((call) => call.usage ?? {});
  const unknown = usage.some((one) => one.cost_usd === null);
  return {
    before: initial ? initial.failing : null, after: latest ? latest.failing : null,
    passed: latest ? latest.passed : null, total: latest ? latest.total : 0, iterations: state.iteration,
    time: run.startedAt ? Math.max(0, (Date.parse(run.finishedAt ?? "") || Date.now()) - Date.parse(run.startedAt)) / 1000 : null,
    tokens: usage.reduce((sum, one) => sum + (one.input_tokens ?? 0) + (one.output_tokens ?? 0), 0),
    cost: unknown ? null : usage.reduce((sum, one) => sum + (one.cost_usd ?? 0), 0),
  };
}
