"use strict";
// The other end of node_process.py: requests are JSON lines on stdin, an answer is one marked line on stdout.
const { writeSync } = require("node:fs");

// Taken now: tests replace them.
const { stdin, env, memoryUsage } = process;
const { stringify, parse } = JSON;
const { concat, from } = Buffer;
const mark = env.AION_R_BENCH;

// Objects from the JSON lines of a stream, one after the other; undefined at its end.
function requestsOf(stream) {
  const lines = [];
  let wake = () => {};
  let rest = from("");
  let ended = false;
  stream.on("data", (chunk) => {
    rest = concat([rest, chunk]);
    for (let at = rest.indexOf(10); at >= 0; at = rest.indexOf(10)) {
      lines.push(parse(rest.subarray(0, at).toString()));
      rest = rest.subarray(at + 1);
    }
    wake();
  });
  for (const name of ["end", "error", "close"]) stream.on(name, () => { ended = true; wake(); });
  return async () => {
    while (!lines.length && !ended) await new Promise((done) => { wake = done; });
    return lines.shift();
  };
}

function say(message) {
  let left = from(`\n${mark} ${stringify({ ...message, memory: memoryUsage().rss })}\n`);
  while (left.length) {
    try {
      left = left.subarray(writeSync(1, left));
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

// Answers every request by `serve`, to the end of them.
async function serveAll(serve, stream = stdin, tell = say) {
  const next = requestsOf(stream);
  tell({ ready: true });
  for (let request = await next(); request; request = await next()) {
    if (request.number !== undefined) env.AION_R_VARIANT = String(request.number);
    tell({ answered: true, ...(await serve(request)) });
  }
}

module.exports = { requestsOf, say, serveAll };
