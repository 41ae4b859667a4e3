"use strict";
// Preloaded into every node process of a user's own command: the first one that is the wanted framework gets our options.
const path = require("node:path");
const fs = require("node:fs");

const WATCHING = /^(-w|--watch|--watch-?all|--ui|--json|--only-?changed|-o|--notify)(=.*)?$/i;

function programs(framework) {
  return { jest: ["jest", "react-scripts"], vitest: ["vitest"], mocha: ["mocha"] }[framework] || [];
}

function isWanted(framework, program) {
  let real = program;
  try {
    real = fs.realpathSync(program);
  } catch {
    return false;
  }
  const parts = real.split(path.sep);
  const at = parts.lastIndexOf("node_modules");
  const inner = at >= 0 ? parts[at + 1] : "";
  return programs(framework).includes(inner) && !/worker|processChild/i.test(parts[parts.length - 1]);
}

try {
  const run = JSON.parse(process.env.AION_R_NODE_RUN || "null");
  if (run && process.argv[1] && require("node:worker_threads").isMainThread && isWanted(run.framework, process.argv[1])) {
    delete process.env.AION_R_NODE_RUN;
    const given = process.argv.slice(2).filter((word) => !WATCHING.test(word));
    const plain = given.map((word, i) => (run.framework === "vitest" && i === 0 && /^(watch|dev)$/.test(word) ? "run" : word));
    process.argv.splice(2, process.argv.length, ...plain, ...run.arguments);
  }
} catch {
  // The command runs as it is.
}
