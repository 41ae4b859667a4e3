"use strict";
// Required before Mocha loads its files: keeps to the wanted ones, tells which one is being loaded, since Mocha has no
// reporter yet and says nothing, and lets the others run where one cannot be loaded.
const path = require("node:path");
const { existsSync, realpathSync } = require("node:fs");
const { spawnSync } = require("node:child_process");
const { pathToFileURL } = require("node:url");
const { write, show, peek, text, readFileSync } = require("./aion_r_node_events.cjs");

// In a worker of `mocha --parallel` the program is workerpool's, and its argument is not Mocha's.
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

function prototypeOf(name) {
  const module = own(name.toLowerCase());
  return (module[name] || module.default || module).prototype;
}

function tellLoading() {
  const prototype = prototypeOf("Suite");
  const emit = prototype.emit;
  prototype.emit = function (event, context, file, ...rest) {
    if (event === "pre-require" && typeof file === "string") write({ k: "load", file });
    if (event === "post-require" && typeof file === "string") write({ k: "loaded", file });
    return emit.call(this, event, context, file, ...rest);
  };
}

function keepTo(wanted) {
  const prototype = prototypeOf("Mocha");
  for (const name of ["loadFiles", "loadFilesAsync", "run"]) {
    const original = prototype[name];
    prototype[name] = function (...given) {
      this.files = this.files.filter((file) => wanted.has(real(file)));
      return original.apply(this, given);
    };
  }
}

const PARTS = ["suites", "tests", "_beforeEach", "_beforeAll", "_afterEach", "_afterAll"];

// What a broken file had defined is taken back, and the interface is set up anew: its `describe` may never have returned.
function loadOthers() {
  const modules = own("nodejs/esm-utils");
  const { requireOrImport } = modules;
  const prototype = prototypeOf("Mocha");
  const { loadFilesAsync } = prototype;
  prototype.loadFilesAsync = function (...given) {
    modules.requireOrImport = async (file, ...more) => {
      const root = this.suite;
      const before = PARTS.map((part) => root[part].length);
      try {
        return await requireOrImport(file, ...more);
      } catch (error) {
        write({ k: "file", file, failed: true, ...told(error, file) });
        PARTS.forEach((part, i) => root[part].splice(before[i]));
        this.ui(this.options.ui);
        return {};
      }
    };
    const back = () => { modules.requireOrImport = requireOrImport; };
    return loadFilesAsync.apply(this, given).finally(back);
  };
}

const MARKED = /^(?:file:\/\/)?(\/.*):(\d+)\n.*\n( *)\^/m;

// Node keeps the place of broken syntax to itself in ECMAScript modules until it prints the error: another one prints it.
// Modules are parsed and linked before any of them runs.
function printed(file) {
  const source = `import(${JSON.stringify(pathToFileURL(file).href)})`;
  const { stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", source], { encoding: "utf8", timeout: 5000 });
  return stderr || "";
}

function told(error, file) {
  if (error === null || typeof error !== "object") return { message: String(error) };
  const stack = text(peek(error, "stack"));
  const line = { name: text(peek(error, "name")), message: text(peek(error, "message")) ?? show(error), stack };
  if (line.name !== "SyntaxError") return line;
  const [, errorFile, number, blanks] = MARKED.exec(stack || "") || MARKED.exec(printed(file)) || [];
  return { ...line, ...(errorFile && { errorFile: decodeURI(errorFile), errorLine: Number(number), errorColumn: blanks.length + 1 }) };
}

function followWorker() {
  const { follow } = require("./aion_r_mocha_reporter.cjs");
  const prototype = prototypeOf("Runner");
  const { run } = prototype;
  prototype.run = function (...given) {
    follow(this);
    return run.apply(this, given);
  };
}

function real(file) {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

// ts-node's loader for ECMAScript modules runs in a thread of its own, and maps no stack of this one.
if (/ts-node\/esm/.test(`${process.execArgv} ${process.env.NODE_OPTIONS}`) && process.setSourceMapsEnabled) {
  process.setSourceMapsEnabled(true);
}

try {
  const { files } = JSON.parse(readFileSync(path.join(__dirname, "aion_r_node_run.json"), "utf8"));
  const there = (files || []).filter(existsSync);
  if (there.length) keepTo(new Set(there.map(real)));
  tellLoading();
  loadOthers();
  if (process.env.MOCHA_WORKER_ID !== undefined) followWorker();
} catch {
  // Another layout of Mocha: what it prints and what is left out afterwards must do.
}
