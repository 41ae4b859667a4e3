"use strict";
// Required before Mocha loads its files: keeps to the wanted ones, and tells which one is being loaded, since Mocha has no
// reporter yet and says nothing.
const path = require("node:path");
const { existsSync, realpathSync } = require("node:fs");
const { write, readFileSync } = require("./aion_r_node_events.cjs");

function own(name) {
  const [home] = /^.*node_modules[\\/]mocha(?=[\\/])/.exec(realpathSync(process.argv[1]));
  const lib = path.join(home, "lib");
  const file = ["js", "cjs"].map((end) => path.join(lib, `${name.toLowerCase()}.${end}`)).find(existsSync);
  const module = require(file);
  return (module[name] || module.default || module).prototype;
}

function tellLoading() {
  const prototype = own("Suite");
  const emit = prototype.emit;
  prototype.emit = function (event, context, file, ...rest) {
    if (event === "pre-require" && typeof file === "string") write({ k: "load", file });
    if (event === "post-require" && typeof file === "string") write({ k: "loaded", file });
    return emit.call(this, event, context, file, ...rest);
  };
}

function keepTo(wanted) {
  const prototype = own("Mocha");
  for (const name of ["loadFiles", "loadFilesAsync", "run"]) {
    const original = prototype[name];
    prototype[name] = function (...given) {
      this.files = this.files.filter((file) => wanted.has(real(file)));
      return original.apply(this, given);
    };
  }
}

function real(file) {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

try {
  const { files } = JSON.parse(readFileSync(path.join(__dirname, "aion_r_node_run.json"), "utf8"));
  const there = (files || []).filter(existsSync);
  if (there.length) keepTo(new Set(there.map(real)));
  tellLoading();
} catch {
  // Another layout of Mocha: what it prints and what is left out afterwards must do.
}
