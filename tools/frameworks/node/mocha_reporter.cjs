"use strict";
// A reporter for Mocha 6 and later. What tests print is passed on and kept for their records.
const { write, tell, peek, text, compared, Kept } = require("./aion_r_node_events.cjs");

// What a worker of `mocha --parallel` sends has no parents; it knows the titles of them.
function namesOf(runnable) {
  if (typeof runnable.titlePath === "function") return runnable.titlePath();
  const names = [];
  for (let one = runnable; one && !one.root; one = one.parent) names.unshift(one.title);
  return names;
}

function fileOf(runnable) {
  for (let one = runnable; one; one = one.parent) if (one.file) return one.file;
  return undefined;
}

// Frames of packages and of Node itself: nobody repairs those.
const FOREIGN = /^ +at .*(?:[\\/]node_modules[\\/]|\bnode:).*\n?/gm;

function told(error) {
  if (error === null || typeof error !== "object") return { message: String(error) };
  const stack = text(peek(error, "stack"));
  const name = text(peek(error, "name")) ?? (/^[\w$.]*(?:Error|Exception)\b/.exec(stack ?? "") ?? [])[0];
  return {
    name, message: String(peek(error, "message")), stack: stack?.replace(FOREIGN, ""),
    operator: text(peek(error, "operator")), code: text(peek(error, "code")), ...compared(error),
  };
}

class Reporter {
  constructor(runner) {
    this.runner = runner;
    this.printed = new Kept();
    this.listen();
    runner.on("start", () => write({ k: "session", framework: "mocha" }));
    runner.on("test", (test) => this.begin(test));
    runner.on("retry", (test) => write({ k: "retry", file: fileOf(test), names: namesOf(test) }));
    runner.on("pass", (test) => this.test("passed", test));
    runner.on("pending", (test) => this.test("skipped", test));
    runner.on("hook", (hook) => this.hookBegin(hook));
    runner.on("hook end", (hook) => write({ k: "end", file: this.place(hook).file, names: this.place(hook).names, hook: hook.title }));
    runner.on("fail", (runnable, error) => (runnable.type === "hook" ? this.hook(runnable, error) : this.test("failed", runnable, error)));
    runner.on("end", () => this.end());
  }

  listen() {
    for (const stream of [process.stdout, process.stderr]) {
      const original = stream.write;
      stream.write = (chunk, ...rest) => {
        this.printed.add(typeof chunk === "string" ? chunk : Buffer.from(chunk).toString());
        return original.call(stream, chunk, ...rest);
      };
    }
  }

  begin(test) {
    this.printed = new Kept();
    tell("s", fileOf(test), namesOf(test), 0);
  }

  // A hook around one test fails for that test; any other hook for everything in its suite.
  place(hook) {
    const test = /each/.test(hook.title) && hook.ctx && hook.ctx.currentTest;
    const owner = test || hook.parent;
    const around = namesOf(hook).slice(0, -1);
    const names = test && typeof test.titlePath !== "function" ? [...around, test.title] : test ? namesOf(test) : around;
    return { test: Boolean(test), file: fileOf(owner) || fileOf(hook) || fileOf(this.runner.test), names };
  }

  hookBegin(hook) {
    write({ k: "start", file: this.place(hook).file, names: this.place(hook).names, hook: hook.title });
  }

  hook(hook, error) {
    const { test, file, names } = this.place(hook);
    write({ k: "suite", s: "failed", file, names, test, hook: hook.title, ms: hook.duration || 0, ...told(error), output: String(this.printed) });
  }

  test(status, test, error) {
    const retried = typeof test.currentRetry === "function" ? test.currentRetry() : 0;
    if (status === "passed" && !retried) {
      tell("p", fileOf(test), namesOf(test), test.duration || 0);
      return;
    }
    const line = { k: "test", s: status, file: fileOf(test), names: namesOf(test), ms: test.duration || 0 };
    if (retried) line.tries = retried + 1;
    write(status === "failed" ? { ...line, ...told(error), output: String(this.printed) } : line);
  }

  end() {
    const { passes, failures, pending } = this.runner.stats || {};
    write({ k: "finish", passed: passes, failed: failures, skipped: pending });
  }
}

// In a worker of `mocha --parallel`, whose tests are told when their file is done: what is under way.
function follow(runner) {
  const end = (test) => write({ k: "end", file: fileOf(test), names: namesOf(test) });
  runner.on("test", (test) => tell("s", fileOf(test), namesOf(test), 0));
  runner.on("pass", (test) => tell("c", fileOf(test), namesOf(test), 0));
  runner.on("fail", end);
  runner.on("pending", end);
}

module.exports = Reporter;
module.exports.follow = follow;
