// A run as it is now: from what was last asked for, its events and its result.

import { active, capital, NODES, number, stateOf } from "./words.js";

/** The run as its events tell it, which may be ahead of what was last asked for. */
export function asNow(run, state) {
  return state.approval && run.status === "running" ? { ...run, status: "waiting" } : run;
}

/** What a run without events went through, by its result. */
export function visitedBy(result, state) {
  if (!result) return state;
  const visited = new Set(["execute_tests", "parse_failures", "evaluate_convergence"]);
  if (result.iterations_completed) visited.add("generate_fix").add("apply_fix");
  if (result.applied) visited.add("write_back");
  return { ...state, visited };
}

/** The numbers of a run that has ended. */
export function countsOf(result) {
  const report = result.final_test_results;
  return { total: report.total_tests, counts: { passed: report.passed_tests, failed: report.failed_tests + report.error_tests, running: false } };
}

/** What goes on, in a line. */
export function nowWords(run, state) {
  if (run.status === "queued") return run.position ? `Number ${run.position} in the queue` : "Waiting for a worker";
  if (run.status === "waiting" && state.approval) return "Waiting for your approval";
  if (!active(run)) return capital(state.said || stateOf(run)[2]);
  const parts = [state.iteration ? `Iteration ${state.iteration}` : "", NODES[state.node] ?? "starting"];
  if (state.asking) parts.push(`${state.asking.provider} since ${Math.floor((Date.now() - state.asking.since) / 1000)} s`);
  if (state.search) parts.push(`${number(state.search.candidates)} candidates tried`);
  return capital(parts.filter(Boolean).join(" · "));
}
