"use strict";
// Jest's runner, in one process that goes on. The first request for a test file runs it as Jest does, but for its tests:
// these are node_jest_tests.cjs, which keep the file's environment and run the tests on every request, with the project's
// modules loaded anew.
const path = require("node:path");
const { realpathSync } = require("node:fs");
const { serveAll } = require("./aion_r_node_requests.cjs");
const { restoreVariables } = require("./aion_r_node_leavings.cjs");
const Reporter = require("./aion_r_jest_reporter.cjs");
const tests = require("./aion_r_node_jest_tests.cjs");

const MOST_KEPT = 12;
const TESTS = path.join(__dirname, "aion_r_node_jest_tests.cjs");

function runnerClass() {
  for (const from of [process.argv[1], realpathSync(process.argv[1]), process.cwd()]) {
    for (const name of ["jest-runner", "jest/node_modules/jest-runner"]) {
      try {
        const loaded = require(require.resolve(name, { paths: [path.dirname(from), from] }));
        return loaded.default || loaded;
      } catch (error) {
        if (error.code !== "MODULE_NOT_FOUND") throw error;
      }
    }
  }
  throw new Error("jest-runner is not found");
}

// The compiler's complaints are for the whole run that confirms a repair: here each file is translated by itself.
const UNCHECKED = { diagnostics: false, isolatedModules: true, transpilation: true };

function unchecked(config) {
  const transform = (config.transform || []).map(([pattern, file, options]) =>
    /[\\/]ts-jest[\\/]/.test(file) ? [pattern, file, { ...options, ...UNCHECKED }] : [pattern, file, options]);
  const globals = { ...config.globals };
  if (globals["ts-jest"]) globals["ts-jest"] = { ...globals["ts-jest"], ...UNCHECKED };
  return { ...config, transform, globals };
}

const Runner = runnerClass();

module.exports = class WarmRunner extends Runner {
  async runTests(found, watcher, ...rest) {
    this.watcher = watcher;
    this.more = [...rest.slice(0, -1), { ...rest[rest.length - 1], serial: true }];
    this.known = new Map(found.map((test) => [realpathSync(test.path), test]));
    this.configs = new Map();
    this.kept = new Map();
    this.whole = this._globalConfig;
    await serveAll((request) => this.answer(request));
  }

  async answer({ files, names }) {
    if (!files) return {};
    const chosen = files.map((file) => this.known.get(realpathSync(file)));
    if (chosen.includes(undefined)) return { unknown: true };
    const before = { ...process.env };
    this._globalConfig = Object.freeze({ ...this.whole, testNamePattern: names || undefined });
    for (const test of chosen) await this.runFile(test);
    restoreVariables(before);
    return {};
  }

  async runFile(test) {
    const kept = this.kept.get(test.path) || (await this.open(test));
    if (!kept) return;
    const reporter = new Reporter();
    try {
      reporter.onTestResult({ path: test.path }, { console: [], ...(await kept.run(this._globalConfig, reporter)) });
    } catch (error) {
      const failureMessage = String((error && error.stack) || error);
      reporter.onTestResult({ path: test.path }, { testResults: [], testExecError: error, failureMessage });
    }
  }

  // What runs the tests of a file from now on; nothing where Jest itself has run them, or could not.
  async open(test) {
    const { config } = test.context;
    if (!this.configs.has(config)) this.configs.set(config, unchecked(config));
    const plain = this.configs.get(config);
    const keeps = tests.canKeep(plain) && this.kept.size < MOST_KEPT;
    const own = keeps ? { ...plain, testRunner: TESTS } : plain;
    const opened = keeps ? tests.expect(test.path, plain.testRunner) : new Promise(() => {});
    const context = { ...test.context, config: own };
    const run = super.runTests([{ ...test, context }], this.watcher, ...this.more);
    const kept = await Promise.race([opened, run]);
    if (kept) this.kept.set(test.path, kept);
    return kept;
  }
};
