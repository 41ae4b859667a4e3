"use strict";
// Mocha in one process that goes on: where it would load its files for the first time, requests are answered instead.
// Every one loads the project's modules anew and runs them in a Mocha of its own, with the same options.
const path = require("node:path");
const Module = require("node:module");
const { realpathSync, existsSync } = require("node:fs");
const { serveAll } = require("./aion_r_node_requests.cjs");
const { remember } = require("./aion_r_node_leavings.cjs");
const { followImports, forget, isOwn, loadingBy } = require("./aion_r_node_mocha_modules.cjs");

function library() {
  for (const file of Object.keys(require.cache)) {
    const found = /^(.*node_modules[\\/]mocha[\\/]lib)[\\/]mocha\.c?js$/.exec(file);
    if (found) return found[1];
  }
  return path.join(/^.*node_modules[\\/]mocha(?=[\\/])/.exec(realpathSync(process.argv[1]))[0], "lib");
}

const lib = library();

function own(name) {
  return require(["js", "cjs"].map((end) => path.join(lib, `${name}.${end}`)).find(existsSync));
}

const loaded = own("mocha");
const Mocha = loaded.Mocha || loaded.default || loaded;
const modules = own("nodejs/esm-utils");

function real(file) {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

let again = true;

// The project's own files that are required before all others, once more: they may hold what was loaded with them. Those
// that change how files are loaded did that already.
async function requireAgain(options) {
  const names = [].concat(options.require || []).map((name) => path.resolve(name));
  const files = names.filter((name) => isOwn(name) && ["", ".js", ".cjs", ".mjs", ".ts"].some((end) => existsSync(name + end)));
  if (!again || !files.length) return {};
  const before = { ...Module._extensions };
  const found = await own("cli/run-helpers").handleRequires(files);
  again = Object.keys(Module._extensions).every((ending) => Module._extensions[ending] === before[ending]);
  for (const ending of Object.keys(Module._extensions)) {
    if (before[ending]) Module._extensions[ending] = before[ending];
    else delete Module._extensions[ending];
  }
  return found || {};
}

async function once(template, { files, names }) {
  const wanted = new Set(files.map(real));
  const setup = new Set([].concat(template.options.file || []).map((file) => real(path.resolve(file))));
  const { grep, fgrep, invert, ...options } = template.options;
  const plugins = await requireAgain(options);
  const chosen = names ? { grep: new RegExp(names) } : {};
  const mocha = new Mocha({ ...options, ...plugins, parallel: false, bail: false, ...chosen });
  mocha.files = template.files.filter((file) => setup.has(real(file)) || wanted.has(real(file)));
  await mocha.loadFilesAsync();
  await new Promise((done) => mocha.run(done));
}

async function answer(template, request) {
  if (!request.files) return {};
  const back = remember();
  forget();
  try {
    await once(template, request);
  } finally {
    request.spent = back();
  }
  return { spent: request.spent };
}

let begun = false;
const { loadFilesAsync, run } = Mocha.prototype;

Mocha.prototype.loadFilesAsync = async function (...given) {
  if (begun) return loadFilesAsync.apply(this, given);
  begun = true;
  await serveAll((request) => answer(this, request));
  process.exit(0);
};

Mocha.prototype.run = function (...given) {
  return begun ? run.apply(this, given) : this.loadFilesAsync();
};

followImports();
modules.requireOrImport = loadingBy(modules.requireOrImport);
