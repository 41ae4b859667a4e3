"use strict";
// What a run may leave behind and the next one in the same process would meet.
const { env, stdout, stderr } = process;

const MOST_LEFT = 25;
let least;

// Whether many timers, servers and the like were left behind since the first run: they speak in the middle of another one.
function crowded() {
  const active = process.getActiveResourcesInfo ? process.getActiveResourcesInfo().length : 0;
  least ??= active;
  return active > least + MOST_LEFT;
}

function restoreGlobals(globals) {
  for (const name of Reflect.ownKeys(globalThis)) if (!(name in globals)) delete globalThis[name];
  for (const name of Reflect.ownKeys(globals)) {
    const now = Object.getOwnPropertyDescriptor(globalThis, name);
    const then = globals[name];
    if (now && now.value === then.value && now.get === then.get) continue;
    if (!now || now.configurable) Object.defineProperty(globalThis, name, then);
    else if (now.writable) globalThis[name] = then.value;
  }
}

function restoreVariables(before) {
  for (const name of Object.keys(env)) if (!(name in before)) delete env[name];
  for (const name of Object.keys(before)) if (env[name] !== before[name]) env[name] = before[name];
}

// A function that takes back what was changed since, and says whether something is left that it cannot take back.
function remember() {
  const globals = Object.getOwnPropertyDescriptors(globalThis);
  const variables = { ...env };
  const folder = process.cwd();
  const events = process.eventNames().map((name) => [name, process.rawListeners(name)]);
  const streams = [stdout, stderr].map((stream) => [stream, Object.getOwnPropertyDescriptor(stream, "write")]);
  return () => {
    restoreGlobals(globals);
    restoreVariables(variables);
    if (process.cwd() !== folder) process.chdir(folder);
    for (const name of process.eventNames()) process.removeAllListeners(name);
    for (const [name, listeners] of events) for (const one of listeners) process.on(name, one);
    for (const [stream, write] of streams) {
      if (write) Object.defineProperty(stream, "write", write);
      else delete stream.write;
    }
    return crowded();
  };
}

module.exports = { remember, restoreVariables };
