// A reporter for Vitest 1 and later. A module's tests are written when the module is done; what runs meanwhile is told by
// vitest_tracker.mjs from inside the worker, because a worker's messages come late and a hanging worker's not at all.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const { write, tell, show, text, Kept, readFileSync } = require("./aion_r_node_events.cjs");
const TRACKER = fileURLToPath(new URL("./aion_r_vitest_tracker.mjs", import.meta.url));

const STATES = { pass: "passed", fail: "failed" };

function status(task) {
  if (task.mode === "todo") return "todo";
  return STATES[task.result?.state] ?? "skipped";
}

// Vitest's errors do not name the matcher: it stands in the source, where the first frame outside of packages points.
function matcherOf(stack) {
  for (const [, file, line] of (stack ?? "").matchAll(/(?:\(|at |file:\/\/)(\/[^\n()]{1,1000}?):(\d+):\d+/g)) {
    if (file.includes("/node_modules/")) continue;
    try {
      return readFileSync(file, "utf8").split("\n", line).at(-1).match(/\.(to[A-Z]\w*)\s*\(/)?.[1];
    } catch {
      return undefined;
    }
  }
  return undefined;
}

// For broken JavaScript Vite says only that it is broken, and that the error is in its first line.
function syntaxError(file) {
  try {
    const input = readFileSync(file);
    const { stderr } = spawnSync(process.execPath, ["--check", "--input-type=module", "-"], { input, encoding: "utf8", timeout: 5000 });
    const [, line, marked] = /:(\d+)\n.*\n( *)\^/.exec(stderr) ?? [];
    const [said] = /^SyntaxError: .*$/m.exec(stderr) ?? [];
    return said && { said, loc: { file, line: Number(line), column: marked.length } };
  } catch {
    return undefined;
  }
}

let root = "";

// Vite names the files of its own errors from the project's root on.
function placed(file) {
  return file && file.startsWith("/") && !existsSync(file) && existsSync(root + file) ? root + file : file;
}

function told(error) {
  if (!error) return {};
  const build = error.__vitest_rollup_error__ ?? error;
  const broken = /^Failed to parse source/.test(error.message) && text(build.id) ? syntaxError(build.id) : undefined;
  const loc = broken?.loc ?? build.loc ?? {};
  return {
    name: text(error.name), message: broken?.said ?? text(error.message) ?? show(error), stack: text(error.stack) ?? text(error.stackStr),
    expected: text(error.expected), actual: text(error.actual), operator: text(error.operator),
    matcher: text(error.name) === "AssertionError" ? matcherOf(text(error.stack)) : undefined,
    errorFile: placed(text(loc.file) ?? text(build.id)), errorLine: loc.line, errorColumn: loc.column, code: text(error.code),
  };
}

export default class Reporter {
  constructor() {
    this.printed = new Map();
    this.done = new Set();
  }

  onInit(vitest) {
    root = text(vitest.config?.root) ?? "";
    write({ k: "session", framework: "vitest" });
    for (const project of vitest.projects ?? []) {
      const config = project.config;
      if (config && Array.isArray(config.setupFiles) && !config.browser?.enabled) config.setupFiles.unshift(TRACKER);
    }
  }

  onTestModuleStart(module) {
    write({ k: "load", file: module.moduleId });
  }

  onUserConsoleLog(log) {
    const key = log.taskId ?? "";
    if (!this.printed.has(key)) this.printed.set(key, new Kept());
    this.printed.get(key).add(String(log.content));
  }

  onTestModuleEnd(module) {
    this.file(module.task);
  }

  onTestRunEnd(modules, errors, reason) {
    this.end(modules.map((module) => module.task), errors, reason === "interrupted");
  }

  onFinished(files, errors) {
    this.end(files ?? [], errors ?? [], false);
  }

  end(files, errors, interrupted) {
    if (this.finished) return;
    this.finished = true;
    for (const file of files) this.file(file);
    for (const error of errors) write({ k: "error", ...told(error), names: error.VITEST_TEST_NAME ? [error.VITEST_TEST_NAME] : [] });
    write({ k: "finish", interrupted });
  }

  file(task) {
    if (!task || this.done.has(task)) return;
    this.done.add(task);
    for (const child of task.tasks) this.task(task.filepath, [], child);
    const errors = task.result?.errors ?? [];
    const failed = errors.length > 0;
    write({ k: "file", file: task.filepath, failed, ...told(errors[0]), output: this.output(task) });
  }

  task(file, parents, task) {
    const names = [...parents, task.name];
    const errors = task.result?.errors ?? [];
    if (task.type === "suite") {
      for (const child of task.tasks) this.task(file, names, child);
      if (errors.length) write({ k: "suite", s: "failed", file, names, ...told(errors[0]), output: this.output(task) });
      return;
    }
    const s = status(task);
    const line = { k: "test", s, file, names, ms: task.result?.duration ?? 0, line: task.location?.line };
    if (!["pass", "fail", "skip"].includes(task.result?.state) && !["skip", "todo"].includes(task.mode)) line.unfinished = true;
    if (s === "passed" && !task.result?.retryCount) {
      tell("p", file, names, line.ms);
      return;
    }
    if (task.result?.retryCount) line.tries = task.result.retryCount + 1;
    write(s === "failed" ? { ...line, ...told(errors[0]), output: this.output(task) } : line);
  }

  output(task) {
    return String(this.printed.get(task.id) ?? "");
  }
}
