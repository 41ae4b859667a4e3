// Vitest's runner in its worker. Where the first test file would be collected, requests are answered instead, each with
// the project's modules loaded anew.
import { createRequire } from "node:module";
import { connect } from "node:net";
import path from "node:path";
import { pathToFileURL } from "node:url";

const home = process.env.AION_R_VITEST;
const { TestRunner, vi } = await import(/* @vite-ignore */ pathToFileURL(path.join(home, "dist", "index.js")).href);
const Base = TestRunner ?? (await import(/* @vite-ignore */ pathToFileURL(path.join(home, "dist", "runners.js")).href)).VitestTestRunner;
const kernel = createRequire(path.join(home, "dist", "index.js")).resolve("@vitest/runner");
const { startTests } = await import(/* @vite-ignore */ pathToFileURL(kernel).href);
const require = createRequire(import.meta.url);
const { serveAll } = require("./aion_r_node_requests.cjs");
const { remember } = require("./aion_r_node_leavings.cjs");
const { write } = require("./aion_r_node_events.cjs");
const { default: Reporter } = await import("./aion_r_vitest_reporter.mjs");

// What Vitest lays over a runner to tell its main process: here nobody reads it there.
const TOLD = ["onTaskUpdate", "onTestAnnotate", "onTestArtifactRecord", "onCollectStart", "onCollected", "onAfterRunFiles", "onAfterRunTask"];

export default class WarmRunner extends Base {
  async onBeforeCollect(paths) {
    if (this.aionServes) {
      await super.onBeforeCollect?.(paths);
      return;
    }
    this.aionServes = true;
    for (const name of TOLD) delete this[name];
    this.onTaskUpdate = async () => {};
    const socket = connect(process.env.AION_R_BENCH_SOCKET);
    const tell = (message) => socket.write(`${JSON.stringify({ ...message, memory: process.memoryUsage().rss })}\n`);
    await serveAll((request) => this.answer(request), socket, tell);
    process.kill(process.pid, "SIGKILL");
  }

  async answer({ changed, files, names }) {
    // Since Vitest 4 a worker keeps the code of a module for its whole life.
    const modules = globalThis.__vitest_worker__?.evaluatedModules;
    for (const file of changed ?? []) for (const node of modules?.getModulesByFile?.(file) ?? []) node.meta = undefined;
    if (!files) return {};
    const back = remember();
    let spent = false;
    this.config.testNamePattern = names ? new RegExp(names) : undefined;
    const reporter = new Reporter();
    try {
      write({ k: "session", framework: "vitest" });
      const done = [];
      for (const file of files) done.push(...(await this.runAnew(file)));
      reporter.end(done, [], false);
    } finally {
      spent = back();
    }
    return { spent };
  }

  async runAnew(file) {
    const executor = this.moduleRunner ?? this.__vitest_executor;
    executor?.mocker?.reset?.();
    vi.resetModules();
    const state = globalThis.__vitest_worker__;
    if (state) state.filepath = file;
    try {
      return await startTests([{ filepath: file, testLocations: undefined }], this);
    } finally {
      vi.resetConfig();
      vi.restoreAllMocks();
      vi.useRealTimers();
      vi.unstubAllEnvs();
      vi.unstubAllGlobals();
    }
  }
}
