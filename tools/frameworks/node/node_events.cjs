"use strict";
// What the reporters for Node's test frameworks share: one JSON line an event, written synchronously to a file beside
// this one, so that everything up to a crash, an exit or a kill is there.
const fs = require("node:fs");
const path = require("node:path");
const util = require("node:util");
const crypto = require("node:crypto");
const { threadId } = require("node:worker_threads");

// Taken now: tests replace them.
const { openSync, writeSync, readFileSync } = fs;
const now = Date.now;

const LONGEST_NAME = 1000;
const LIMITS = { message: 8000, stack: 6000, expected: 3000, actual: 3000, output: 4000 };
let file;

function cut(text, limit) {
  if (text.length <= limit) return text;
  const half = limit >> 1;
  return `${text.slice(0, half)}\n... ${text.length - 2 * half} characters left out ...\n${text.slice(-half)}`;
}

// A name of a megabyte is no id: its beginning and its hash are.
function short(name) {
  const text = String(name);
  if (text.length <= LONGEST_NAME) return text;
  return `${text.slice(0, 900)}…${crypto.createHash("sha1").update(text).digest("hex").slice(0, 8)}`;
}

function append(record) {
  if (file === undefined) file = openSync(path.join(__dirname, "aion_r_node.jsonl"), "a");
  writeSync(file, JSON.stringify(record) + "\n");
}

function write(record) {
  if (record.names) record.names = record.names.map(short);
  for (const key of Object.keys(LIMITS)) {
    if (typeof record[key] === "string") record[key] = cut(record[key], LIMITS[key]);
  }
  append(record);
}

// What comes once a test is short: "s" it starts, "c" it passed while its file runs, "p" it passed. The describe it stands
// in has a name that no other process uses. node_lines.py reads it.
const home = `${process.pid.toString(36)}.${threadId.toString(36)}.`;
const places = new Map();

function tell(kind, file, names, more) {
  const key = JSON.stringify([file, names.slice(0, -1)]);
  let place = places.get(key);
  if (place === undefined) {
    place = home + places.size.toString(36);
    places.set(key, place);
    append(["d", place, file || "", names.slice(0, -1).map(short)]);
  }
  append([kind, place, short(names[names.length - 1]), more]);
}

function show(value) {
  if (value === undefined) return "undefined";
  try {
    return util.inspect(value, { depth: 6, breakLength: 100, maxArrayLength: 200, maxStringLength: 2000, sorted: true });
  } catch (error) {
    return `<cannot be shown: ${error && error.message}>`;
  }
}

// Getters of a thrown object may throw themselves.
function peek(object, key) {
  try {
    return object[key];
  } catch {
    return undefined;
  }
}

function text(value) {
  return typeof value === "string" ? value : undefined;
}

// expected and actual of chai, of node's assert and of what follows their lead.
function compared(error) {
  if (!error || typeof error !== "object") return {};
  try {
    if (!("expected" in error) || !("actual" in error)) return {};
  } catch {
    return {};
  }
  return { expected: show(peek(error, "expected")), actual: show(peek(error, "actual")) };
}

// The beginning and the end of what was printed, with the size of what lies between.
class Kept {
  constructor() {
    this.head = "";
    this.tail = "";
    this.dropped = 0;
  }

  add(chunk) {
    const room = 2000 - this.head.length;
    if (room > 0) this.head += chunk.slice(0, room);
    if (chunk.length <= room) return;
    const joined = this.tail + chunk.slice(Math.max(room, chunk.length - 2000));
    this.dropped += Math.max(0, this.tail.length + chunk.length - Math.max(room, 0) - 2000);
    this.tail = joined.slice(-2000);
  }

  toString() {
    return this.dropped ? `${this.head}\n... ${this.dropped} characters left out ...\n${this.tail}` : this.head + this.tail;
  }
}

module.exports = { write, tell, show, peek, text, compared, cut, Kept, readFileSync, now };
