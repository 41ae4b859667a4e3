// Where the page begins: the address decides what is shown. #/ is the form, #/runs/ID a run.

import { Client } from "./client.js";
import { askToken } from "./dialogs.js";
import { fill, h, say } from "./dom.js";
import { loadLanguages } from "./highlight.js";
import { Run } from "./run.js";
import { Runs } from "./runs.js";
import { Start } from "./start.js";

const main = document.getElementById("main");
const said = document.getElementById("said");
const client = new Client(askToken);
const runs = new Runs(document.getElementById("runs"), client);
const start = new Start(client, (id) => (location.hash = `#/runs/${id}`));
let open = null;

function announce(words) {
  say(said, words);
}

async function route(moved) {
  const [, id] = /^#\/runs\/([\w-]+)$/.exec(location.hash) ?? [];
  open?.leave();
  open = null;
  document.body.dataset.view = id ? "run" : "home";
  runs.chosen(id ?? "");
  if (id) await showRun(id);
  else showStart();
  if (moved) main.querySelector("h1")?.focus();
}

function showStart() {
  document.title = "AION-R";
  fill(main, start.element);
  start.refresh();
}

async function showRun(id) {
  const run = new Run(client, id, { announce, changed: () => runs.refresh() });
  open = run;
  fill(main, run.element);
  try {
    await run.open();
    if (!runs.knows(id)) runs.refresh();
    document.title = `${run.heading.textContent} – AION-R`;
  } catch (error) {
    if (error.name === "AbortError") return;
    fill(main, h("div", { class: "stack" }, h("h1", { tabindex: -1 }, error.status === 404 ? "There is no such run" : "This run cannot be shown"),
      h("p", {}, error.message), h("p", {}, h("a", { href: "#/" }, "Start a run"))));
  }
}

async function showServer() {
  try {
    const server = await client.get("/api/server");
    say(document.getElementById("server"), `${server.version} · ${server.roots.join(", ")}`);
  } catch {
    say(document.getElementById("server"), "");
  }
}

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
window.addEventListener("hashchange", () => route(true));
await loadLanguages(client);
showServer();
runs.refresh();
route(false);
document.documentElement.dataset.ready = "";
performance.mark("interactive");
