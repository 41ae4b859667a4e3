"use strict";
// Starts a framework's program where Yarn's Plug'n'Play knows its place: packages are archives there, and no folder has it.
const { createRequire } = require("node:module");
const path = require("node:path");
const { pathToFileURL } = require("node:url");

const name = process.argv[2];
const home = createRequire(path.join(process.cwd(), "package.json"));
const manifest = home.resolve(`${name}/package.json`);
const { bin } = home(manifest);
const program = path.join(path.dirname(manifest), typeof bin === "string" ? bin : bin[name]);
process.argv.splice(1, 2, program);
if (program.endsWith(".mjs")) import(pathToFileURL(program));
else home(program);
