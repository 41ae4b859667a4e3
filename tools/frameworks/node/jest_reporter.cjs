"use strict";
// A reporter for Jest 25 and later. Its own lines are `case` records while a file runs (jest-circus) and `test` records,
// which replace them, when the file is done.
const { write, tell, show, peek, text, compared, Kept } = require("./aion_r_node_events.cjs");

const STATUS = { passed: "passed", failed: "failed", todo: "todo", pending: "skipped", skipped: "skipped", disabled: "skipped", focused: "passed" };

function told(result) {
  if (result.status !== "failed") return {};
  const details = (result.failureDetails || [])[0];
  const matcher = details && typeof details === "object" ? peek(details, "matcherResult") : undefined;
  const values = matcher && ("expected" in matcher || "actual" in matcher)
    ? { expected: show(matcher.expected), actual: show(matcher.actual) }
    : compared(details);
  return {
    message: (result.failureMessages || []).join("\n\n"),
    matcher: matcher ? text(matcher.name) || "expect" : undefined,
    operator: details ? text(peek(details, "operator")) : undefined,
    ...values,
  };
}

function record(kind, file, result) {
  const place = result.location || {};
  return {
    k: kind, s: STATUS[result.status] || "skipped", file, names: [...result.ancestorTitles, result.title],
    ms: result.duration || 0, line: place.line, tries: result.invocations, ...told(result),
  };
}

// Nothing but its name is wanted of a test that passed at once.
function report(kind, file, result, output) {
  if (result.status === "passed" && !(result.invocations > 1)) {
    tell(kind === "case" ? "c" : "p", file, [...result.ancestorTitles, result.title], result.duration || 0);
  } else {
    const line = record(kind, file, result);
    write(line.s === "failed" && output !== undefined ? { ...line, output } : line);
  }
}

function printed(result) {
  const kept = new Kept();
  for (const entry of result.console || []) kept.add(`${entry.type}: ${entry.message}\n`);
  return kept.toString();
}

class Reporter {
  onRunStart() {
    write({ k: "session", framework: "jest" });
  }

  onTestFileStart(test) {
    write({ k: "load", file: test.path });
  }

  onTestCaseStart(test, info) {
    tell("s", test.path, [...info.ancestorTitles, info.title], 0);
  }

  onTestCaseResult(test, result) {
    report("case", test.path, result);
  }

  onTestResult(test, result) {
    const output = printed(result);
    for (const one of result.testResults) report("test", test.path, one, output);
    write({ k: "file", file: test.path, ...this.broken(result), output });
  }

  broken(result) {
    const error = result.testExecError;
    if (!error && (result.testResults.length || !result.failureMessage)) return {};
    const stack = error && text(peek(error, "stack"));
    return { message: result.failureMessage || (error && String(peek(error, "message"))) || "the file failed", stack, failed: true };
  }

  onRunComplete(contexts, results) {
    write({
      k: "finish", passed: results.numPassedTests, failed: results.numFailedTests, errors: results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests, todo: results.numTodoTests, interrupted: Boolean(results.wasInterrupted),
    });
  }
}

module.exports = Reporter;
