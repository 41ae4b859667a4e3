// The form that starts a run: a registered project or a path, and what most people change.

import { fill, h } from "./dom.js";
import { Problem } from "./client.js";

/** The form. `started(runId)` hears of the run. */
export class Start {
  constructor(client, started) {
    this.client = client;
    this.started = started;
    this.projects = [];
    this.heading = h("h1", { tabindex: -1 }, "Repair a project");
    this.known = h("datalist", { id: "known" });
    this.rootsHint = h("p", { class: "hint wrap", id: "path-hint" }, "Its folder: absolute, or relative to a root of this server.");
    this.path = h("input", { id: "path", name: "path", list: "known", required: true, autocomplete: "off", spellcheck: "false", autocapitalize: "off", placeholder: "shop", "aria-describedby": "path-hint" });
    this.problem = h("div", { class: "note bad", role: "alert", hidden: true });
    this.button = h("button", { type: "submit", class: "primary" }, "Start the run");
    this.element = h("div", { class: "stack start" }, this.heading,
      h("p", { class: "lead dim" }, "Runs the tests, finds a fix with a model or the offline search, proves it by the tests, and only then writes it."),
      h("form", { class: "panel", on: { submit: (event) => this.submit(event) } }, h("div", { class: "body stack" }, this.fields(), this.problem, h("div", { class: "buttons" }, this.button))));
  }

  fields() {
    const approve = check("approve", "Ask me before anything is written");
    const only = check("no_apply", "Only make a patch, write nothing");
    for (const [one, other] of [[approve, only], [only, approve]])
      one.querySelector("input").addEventListener("change", ({ target }) => target.checked && (other.querySelector("input").checked = false));
    return [
      field("path", "Project", this.path, this.rootsHint, this.known),
      approve, only,
      h("details", {}, h("summary", {}, "Providers and limits"), h("div", { class: "grid" },
        field("providers", "Providers", input("providers", { placeholder: "all that have a key, then offline" }), hint("providers", "In order, with commas; offline alone: no model.")),
        field("max_iterations", "Iterations at most", input("max_iterations", { type: "number", min: 1, max: 1000, placeholder: "5" })),
        field("budget_usd", "Budget in US dollars", input("budget_usd", { type: "number", min: 0, step: "any", placeholder: "no limit" })),
        field("time_limit", "Seconds at most", input("time_limit", { type: "number", min: 1, placeholder: "no limit" })))),
    ];
  }

  async refresh() {
    try {
      const [{ projects }, server] = await Promise.all([this.client.get("/api/projects"), this.client.get("/api/server")]);
      this.projects = projects;
      fill(this.known, projects.map((project) => h("option", { value: project.path }, project.name)));
      fill(this.rootsHint, `Its folder: absolute, or relative to ${server.roots.join(" or ")}.`);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    }
  }

  async submit(event) {
    event.preventDefault();
    this.button.disabled = true;
    this.problem.hidden = true;
    const asked = this.asked(event.target);
    const text = JSON.stringify(asked);
    if (this.lastText !== text) [this.lastText, this.key] = [text, randomKey()];
    try {
      const { runId } = await this.client.post("/api/qa/run", asked, { "Idempotency-Key": this.key });
      this.lastText = "";
      this.started(runId);
    } catch (error) {
      this.tell(error);
    }
    this.button.disabled = false;
  }

  asked(form) {
    const data = new FormData(form);
    const path = data.get("path").trim();
    const project = this.projects.find((one) => one.path === path);
    const asked = project ? { projectId: project.projectId } : { path };
    for (const name of ["approve", "no_apply"]) if (data.get(name)) asked[name] = true;
    for (const name of ["max_iterations", "budget_usd", "time_limit"]) if (data.get(name)) asked[name] = Number(data.get(name));
    const providers = data.get("providers").split(",").map((one) => one.trim()).filter(Boolean);
    return providers.length ? { ...asked, providers } : asked;
  }

  tell(error) {
    const busy = error.document?.runId;
    const rows = (error.errors ?? []).map((one) => h("p", {}, `${(one.pointer ?? "").replace(/^\//, "")}: ${one.detail}`));
    this.problem.hidden = false;
    fill(this.problem, h("p", {}, error.message), rows, busy ? h("p", {}, h("a", { href: `#/runs/${busy}` }, "Open that run")) : null);
  }
}

function field(name, label, control, ...after) {
  return h("div", { class: "field" }, h("label", { for: name }, label), control, after);
}

function input(name, attributes) {
  return h("input", { id: name, name, autocomplete: "off", ...attributes, "aria-describedby": `${name}-hint` });
}

function hint(name, words) {
  return h("p", { class: "hint", id: `${name}-hint` }, words);
}

function check(name, label) {
  return h("label", { class: "check" }, h("input", { type: "checkbox", name, id: name }), label);
}

function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
