// Server-sent events over fetch: with a token, and without a gap or a repetition when the connection breaks.

const LAST = new Set(["finished", "failed", "interrupted", "undone"]);
const LONGEST_WAIT = 8000;

/**
 * Calls `onEvent` with each event of `path` after the one numbered `after`, until the run ends or `signal` is aborted.
 * `onState` hears `live`, `lost` and `ended`. A tab that nobody sees holds no connection.
 */
export async function follow(client, path, { after, onEvent, onState, signal }) {
  let last = after;
  let kind = "";
  let wait = 250;
  while (!signal.aborted) {
    await visible(signal);
    const connection = new AbortController();
    const leave = () => (signal.aborted || document.hidden) && connection.abort();
    signal.addEventListener("abort", leave);
    document.addEventListener("visibilitychange", leave);
    try {
      const headers = { Accept: "text/event-stream", ...(last ? { "Last-Event-ID": String(last) } : {}) };
      const response = await client.send(path, { headers, signal: connection.signal });
      if (response.status === 204) return onState("ended");
      onState("live");
      for await (const event of events(response.body)) {
        if (event.id <= last) continue;
        last = event.id;
        kind = event.event;
        wait = 250;
        onEvent(event);
      }
      if (LAST.has(kind)) return onState("ended");
    } catch (error) {
      if (error.status >= 400 && error.status < 500) return onState("ended");
    } finally {
      signal.removeEventListener("abort", leave);
      document.removeEventListener("visibilitychange", leave);
      connection.abort();
    }
    if (signal.aborted) return undefined;
    if (!document.hidden) onState("lost");
    await new Promise((done) => setTimeout(done, wait));
    wait = Math.min(LONGEST_WAIT, wait * 2);
  }
  return undefined;
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value.replaceAll("\r", "")).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const data = block.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart());
      if (data.length) yield JSON.parse(data.join("\n"));
    }
  }
}

function visible(signal) {
  if (!document.hidden) return undefined;
  return new Promise((done) => {
    const look = () => {
      if (document.hidden && !signal.aborted) return;
      document.removeEventListener("visibilitychange", look);
      signal.removeEventListener("abort", look);
      done();
    };
    document.addEventListener("visibilitychange", look);
    signal.addEventListener("abort", look);
  });
}
