// Vitest in one process that goes on: instead of a run of its own, one worker is kept in its first test file and answers
// requests (see node_vitest_worker.mjs). This side passes them on.
import { randomBytes } from "node:crypto";
import { realpathSync } from "node:fs";
import { createServer } from "node:net";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const { requestsOf, say } = require("./aion_r_node_requests.cjs");
const here = path.dirname(fileURLToPath(import.meta.url));
const WORKER = path.join(here, "aion_r_node_vitest_worker.mjs");
const LONGEST_SOCKET = 100;

async function opened() {
  const name = `aion_r_${randomBytes(6).toString("hex")}.sock`;
  const place = [path.join(here, name), path.join(tmpdir(), name)].find((one) => one.length < LONGEST_SOCKET);
  process.env.AION_R_BENCH_SOCKET = place;
  process.env.AION_R_VITEST = path.dirname(realpathSync(process.argv[1]));
  const server = createServer();
  const worker = new Promise((done) => server.once("connection", done));
  await new Promise((done) => server.listen(place, done));
  return worker;
}

// Tests that need another environment, or belong to another project, need another worker.
function sameKind(one, other) {
  return one.project === other.project && one.pool === other.pool;
}

async function specificationsOf(vitest, files) {
  const found = await vitest.globTestSpecifications(files.filter(Boolean));
  const places = files.filter(Boolean).map((file) => realpathSync(file));
  const wanted = found.filter((one) => places.includes(realpathSync(one.moduleId)) && one.pool !== "typescript");
  return wanted.sort((one, other) => places.indexOf(realpathSync(one.moduleId)) - places.indexOf(realpathSync(other.moduleId)));
}

async function serve(vitest, filters) {
  const [first] = await specificationsOf(vitest, [process.env.AION_R_BENCH_FIRST, ...filters]);
  if (!first) return;
  const joined = opened();
  const run = (vitest.runTestSpecifications ?? vitest.runFiles).call(vitest, [first], false);
  run.catch(() => process.exit(1)).then(() => process.exit(0));
  const worker = await joined;
  const answers = requestsOf(worker);
  const next = requestsOf(process.stdin);
  await answers();
  say({ ready: true });
  for (let request = await next(); request; request = await next()) {
    for (const file of request.changed ?? []) vitest.invalidateFile(file);
    const known = await specificationsOf(vitest, request.files ?? []);
    if (!known.every((one) => sameKind(first, one))) {
      say({ answered: true, unknown: true });
      continue;
    }
    worker.write(`${JSON.stringify(request)}\n`);
    const answer = await answers();
    if (!answer) break; // the worker is gone
    say(answer);
  }
  process.exit(1);
}

export default class WarmVitest {
  onInit(vitest) {
    for (const project of vitest.projects ?? []) {
      project.config.runner = WORKER;
      project.config.teardownTimeout = 0;
    }
    const { runFiles } = vitest;
    let begun = false;
    // The first run that Vitest would make; what is asked for later goes through.
    vitest.runFiles = async function (specifications, ...more) {
      if (begun) return runFiles.call(this, specifications, ...more);
      begun = true;
      await serve(vitest, specifications.map((one) => one.moduleId ?? one[1]));
      return undefined;
    };
  }
}
