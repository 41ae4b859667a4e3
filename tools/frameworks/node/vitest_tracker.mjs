// Runs inside Vitest's worker before each test file, and tells which test is under way. Vitest keeps the running task in
// its worker state; we listen to that assignment, which works without importing vitest from outside the project.
import { createRequire } from "node:module";

const { write, tell } = createRequire(import.meta.url)("./aion_r_node_events.cjs");
const state = globalThis.__vitest_worker__;

function namesOf(task) {
  const names = [];
  for (let one = task; one && one.filepath === undefined; one = one.suite) names.unshift(one.name);
  return names;
}

function finished(task) {
  const { state: word, errors } = task.result ?? {};
  if (word === "skip" || task.mode === "skip") write({ k: "end", file: task.file.filepath, names: namesOf(task) });
  if (word !== "pass" && word !== "fail") return;
  if (word === "pass") {
    tell("c", task.file.filepath, namesOf(task), 0);
    return;
  }
  const [error] = errors ?? [];
  const told = error ? { message: String(error.message), stack: error.stack, name: error.name } : {};
  write({ k: "case", s: "failed", file: task.file.filepath, names: namesOf(task), ...told });
}

if (state && !state.aionTracked) {
  Object.defineProperty(state, "aionTracked", { value: true });
  let current = state.current;
  let ran;
  Object.defineProperty(state, "current", {
    configurable: true,
    enumerable: true,
    get: () => current,
    set(task) {
      current = task;
      if (ran && ran !== task) {
        finished(ran);
        ran = undefined;
      }
      if (task && task.type !== "suite" && task.file) {
        if (ran !== task) tell("s", task.file.filepath, namesOf(task), task.location?.line ?? 0);
        ran = task;
      }
    },
  });
}
