// The events of a run folded into what the page shows. Nothing here touches the page.

import { capital, count, firstLine, verdictOf, who } from "./words.js";

const LINES_KEPT = 500;

/** A run of which nothing is known yet. */
export function beginning() {
  return {
    node: null, visited: new Set(), iteration: 0, framework: "", sandbox: "", about: [],
    counts: null, total: 0, initial: null, latest: null, reports: [],
    attempts: [], calls: [], asking: null, search: null, approval: null, lines: [], said: "", told: 0,
  };
}

/** Takes `event` into `state`. Kinds that are not known change nothing. */
export function fold(state, event) {
  if (Object.hasOwn(HANDLERS, event.event)) HANDLERS[event.event](state, event);
  return state;
}

const HANDLERS = {
  queued: (state) => tell(state, "Waiting for a worker"),
  started(state, event) {
    Object.assign(state, { framework: event.framework, sandbox: event.sandbox, about: event.providers ?? [] });
    state.node ??= "execute_tests";
    tell(state, `${event.framework}${event.reason ? ` (${event.reason})` : ""}; sandbox: ${event.sandbox}`);
  },
  resumed(state, event) {
    if (event.afresh) Object.assign(state, beginning(), { lines: state.lines, told: state.told, calls: state.calls });
    tell(state, `Resumed${event.afresh ? `: ${event.afresh}` : ""}`);
  },
  node(state, event) {
    if (state.node && state.node !== event.node) state.visited.add(state.node);
    state.node = event.node;
    state.iteration = Math.max(state.iteration, (event.iteration ?? 0) + Number(event.node === "generate_fix"));
    if (event.node === "execute_tests") state.counts = { passed: 0, failed: 0, running: true };
    if (event.node === "generate_fix") state.search = null;
  },
  tests(state, event) {
    state.counts = { passed: event.passed, failed: event.failed, running: true };
  },
  asking(state, event) {
    state.asking = { ...event, since: Date.now() };
    tell(state, `Asking ${who(event)}`);
  },
  waiting(state, event) {
    if (event.seconds >= 0.5) tell(state, `${event.provider}: asked again in ${event.seconds.toFixed(0)} s`);
  },
  call(state, event) {
    state.asking = null;
    state.calls.push(event);
    const error = event.error;
    tell(state, error ? `${who(event)}: ${error.kind.replaceAll("_", " ")}: ${firstLine(error.message)}` : `${who(event)}: answered in ${event.seconds.toFixed(1)} s`);
  },
  search(state, event) {
    state.search = event;
  },
  merging: (state, event) => tell(state, `${event.paths.join(", ")} changed meanwhile: both changes are merged`),
  update(state, event) {
    const update = event.update ?? {};
    if (event.node === "parse_failures" && update.report) reported(state, update);
    if (event.node === "evaluate_convergence" && update.attempts?.length) attempted(state, update.attempts.at(-1));
  },
  approval(state, event) {
    state.approval = event;
    tell(state, "The run asks for approval");
  },
  decided(state, event) {
    state.approval = null;
    tell(state, `${{ accept: "Accepted", reject: "Rejected", edit: "Edited" }[event.action] ?? event.action}${event.reason ? `: ${firstLine(event.reason)}` : ""}`);
  },
  cancelling: (state) => tell(state, "Cancelling"),
  interrupted: (state, event) => ended(state, event.message || "Interrupted"),
  failed: (state, event) => ended(state, event.message || "Failed"),
  finished: (state, event) => ended(state, `${capital(event.outcome.replaceAll("_", " "))}${event.message ? `: ${event.message}` : ""}`),
  undone: (state, event) => tell(state, `Put back: ${event.paths.join(", ")}`),
};

function reported(state, update) {
  const report = update.report;
  if (update.initial) {
    state.initial = report;
    state.total = report.total;
  }
  state.latest = report;
  state.reports.push(report.id);
  if (!report.partial) state.counts = { passed: report.passed, failed: report.failing, running: false };
  if (report.outcome !== "completed") tell(state, `Tests: ${report.outcome.replaceAll("_", " ")}`);
  else if (update.initial) tell(state, `As found: ${report.failing} of ${count(report.total, "test")} fail`);
}

function attempted(state, attempt) {
  state.attempts.push(attempt);
  tell(state, `Iteration ${attempt.iteration}: ${attempt.failures_before} → ${attempt.failures_after} failing, ${verdictOf(attempt)[2]}`);
}

function ended(state, words) {
  if (state.node) state.visited.add(state.node);
  Object.assign(state, { node: null, asking: null, approval: null });
  if (state.counts) state.counts.running = false;
  tell(state, words);
}

function tell(state, words) {
  state.said = words;
  state.told += 1;
  state.lines.push(words);
  if (state.lines.length > LINES_KEPT) state.lines.shift();
}
