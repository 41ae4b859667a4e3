"use strict";
// Runs the test commands of several packages, one after the other, as one command.
const { spawnSync } = require("node:child_process");
const { readFileSync } = require("node:fs");
const path = require("node:path");

let status = 0;
for (const { argv, cwd, env } of JSON.parse(readFileSync(path.join(__dirname, "aion_r_node_packages.json"), "utf8"))) {
  const done = spawnSync(argv[0], argv.slice(1), { cwd, env: { ...process.env, ...env }, stdio: "inherit" });
  if (done.signal) status = 137;
  status = status || (done.status ?? 1);
}
process.exitCode = status;
