"use strict";
// What Jest calls to run a file's tests (its `testRunner`). It stays in the environment that it was given.
const CIRCUS = /[\\/]jest-circus[\\/]/;
const HANDLERS = Symbol.for("EVENT_HANDLERS");
const expected = new Map();

function canKeep(config) {
  return CIRCUS.test(config.testRunner || "");
}

// The keeper of a test file, once Jest has come to its tests. `original` is what would have run them.
function expect(file, original) {
  return new Promise((done) => expected.set(file, { done, original }));
}

// Jest's own parts stay, but for those that hold the tests; where they are differs from version to version.
function internals(runtime) {
  return runtime._internalModuleRegistry || runtime.registries?.internalModuleRegistry;
}

function forget(runtime) {
  runtime.resetModules();
  for (const holder of [runtime, runtime.mockState || {}]) {
    for (const [name, value] of Object.entries(holder)) {
      if (value instanceof Map && /explicitshouldmock|factories/i.test(name)) value.clear();
    }
  }
  const registry = internals(runtime);
  for (const file of [...registry.keys()]) if (CIRCUS.test(file)) registry.delete(file);
}

function restore(global, before) {
  for (const name of Object.keys(global)) if (!(name in before)) delete global[name];
  for (const [name, then] of Object.entries(before)) {
    const now = Object.getOwnPropertyDescriptor(global, name);
    if (now && now.value === then.value && now.get === then.get) continue;
    if (!now || now.configurable) Object.defineProperty(global, name, then);
    else if (now.writable) global[name] = then.value;
  }
  delete global[HANDLERS];
  for (const part of [global.document?.body, global.document?.head]) part?.replaceChildren?.();
  for (const storage of [global.localStorage, global.sessionStorage]) storage?.clear?.();
}

class Keeper {
  constructor(original, config, environment, runtime, file) {
    Object.assign(this, { original, config, environment, runtime, file });
    this.variables = { ...environment.global.process?.env };
    this.globals = Object.getOwnPropertyDescriptors(environment.global);
    this.first = true;
  }

  async run(globalConfig, reporter) {
    const { config, environment, runtime, file } = this;
    const { global } = environment;
    if (!this.first) await this.renew();
    this.first = false;
    if (global.process?.env) global.process.env.AION_R_VARIANT = process.env.AION_R_VARIANT;
    const tell = (event, [path, told]) => {
      if (event === "test-case-start") reporter.onTestCaseStart({ path }, told);
      if (event === "test-case-result") reporter.onTestCaseResult({ path }, told);
    };
    return this.original(globalConfig, config, environment, runtime, file, tell);
  }

  async renew() {
    const { config, environment, runtime } = this;
    runtime.enterTestCode?.();
    environment.fakeTimers?.useRealTimers?.();
    environment.fakeTimersModern?.useRealTimers?.();
    runtime.restoreAllMocks?.();
    forget(runtime);
    restore(environment.global, this.globals);
    const env = environment.global.process?.env;
    if (env) {
      for (const name of Object.keys(env)) if (!(name in this.variables)) delete env[name];
      Object.assign(env, this.variables);
    }
    for (const path of config.setupFiles || []) {
      if (runtime.unstable_shouldLoadAsEsm?.(path)) await runtime.unstable_importModule(path);
      else runtime.requireModule(path);
    }
  }
}

async function stay(globalConfig, config, environment, runtime, file) {
  const { done, original } = expected.get(file);
  expected.delete(file);
  const loaded = require(original);
  const run = typeof loaded === "function" ? loaded : loaded.default;
  done(new Keeper(run, { ...config, testRunner: original }, environment, runtime, file));
  return new Promise(() => {});
}

module.exports = Object.assign(stay, { canKeep, expect });
