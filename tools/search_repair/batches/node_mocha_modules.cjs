"use strict";
// The project's modules in a process that stays: loaded anew for each run, translated once.
const path = require("node:path");
const Module = require("node:module");
const { existsSync, readFileSync, statSync } = require("node:fs");
const { pathToFileURL } = require("node:url");
const { isModuleNamespaceObject } = require("node:util").types;

const FOREIGN = /[\\/]node_modules[\\/]/;
const SCRIPT = /^\.[cm]?[jt]sx?$/;
const generation = new Int32Array(new SharedArrayBuffer(4));
const imported = new Set();
const translated = new Map();
const keepers = new Set();

// A loader's hook adds the generation to the address of what is imported: Node keeps a module for ever by its address.
function followImports() {
  if (typeof Module.register !== "function") return;
  Module.register(pathToFileURL(path.join(__dirname, "aion_r_node_mocha_imports.mjs")), { data: { generation } });
}

function isOwn(file) {
  return !FOREIGN.test(file) && path.dirname(file) !== __dirname;
}

function typeOf(file) {
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    const manifest = path.join(folder, "package.json");
    if (existsSync(manifest)) {
      try {
        return JSON.parse(readFileSync(manifest, "utf8")).type;
      } catch {
        return undefined;
      }
    }
    if (folder === path.dirname(folder)) return undefined;
  }
}

function isModule(file) {
  const ending = path.extname(file);
  return imported.has(file) || ending === ".mjs" || ending === ".mts" || (!ending.startsWith(".c") && typeOf(file) === "module");
}

// Mocha's own way of loading a file, but for ECMAScript modules.
function loadingBy(usual) {
  return async (file, ...more) => {
    if (!path.isAbsolute(file) || !generation[0] || !isOwn(file)) return usual(file, ...more);
    if (isModule(file)) {
      const found = await import(`${pathToFileURL(file)}?aionr=${generation[0]}`);
      return "default" in found ? found.default : found;
    }
    const exports = await usual(file, ...more);
    if (isModuleNamespaceObject(exports)) imported.add(file);
    return exports;
  };
}

function stampOf(file) {
  const { mtimeMs, size } = statSync(file);
  return `${mtimeMs} ${size}`;
}

// Around whatever translates a file's text before it is compiled.
function keeping(original) {
  const keeper = function (module, file) {
    if (!isOwn(file)) return original(module, file);
    const stamp = stampOf(file);
    const known = translated.get(file);
    if (known && known.stamp === stamp) return module._compile(...known.given);
    const compile = module._compile;
    module._compile = function (...given) {
      translated.set(file, { stamp, given });
      delete module._compile;
      return compile.apply(this, given);
    };
    return original(module, file);
  };
  keepers.add(keeper);
  return keeper;
}

// A new run: nothing of the project is loaded.
function forget() {
  generation[0] += 1;
  for (const [ending, handler] of Object.entries(Module._extensions)) {
    if (SCRIPT.test(ending) && !keepers.has(handler)) Module._extensions[ending] = keeping(handler);
  }
  for (const file of Object.keys(require.cache)) if (isOwn(file)) delete require.cache[file];
}

module.exports = { followImports, forget, isOwn, loadingBy };
