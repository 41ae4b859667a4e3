"use strict";
// Required before Mocha loads its files: tells which file is being loaded, since Mocha has no reporter yet and says nothing.
const path = require("node:path");
const { realpathSync } = require("node:fs");
const { write } = require("./aion_r_node_events.cjs");

function suites() {
  const bin = realpathSync(process.argv[1]);
  const module = require(path.join(path.dirname(bin), "..", "lib", "suite.js"));
  return module.default || module.Suite || module;
}

try {
  const { prototype } = suites();
  const emit = prototype.emit;
  prototype.emit = function (event, context, file, ...rest) {
    if (event === "pre-require" && typeof file === "string") write({ k: "load", file });
    if (event === "post-require" && typeof file === "string") write({ k: "loaded", file });
    return emit.call(this, event, context, file, ...rest);
  };
} catch {
  // Another layout of Mocha: the file is then read from the text it prints.
}
