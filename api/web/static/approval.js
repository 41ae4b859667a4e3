// The question before anything is written: accept, reject with a reason, or edit the patch.

import { diffView } from "./diff.js";
import { fill, h, output, prose } from "./dom.js";
import { count } from "./words.js";

/** The panel; `update(question)` shows a question or, with `null`, nothing. `decide(decision)` sends the answer. */
export class Approval {
  constructor(decide) {
    this.decide = decide;
    this.question = null;
    this.element = h("section", { class: "panel approval", id: "approval", "aria-labelledby": "approval-title", hidden: true });
  }

  /** Whether the question is a new one. */
  update(question) {
    if (question?.question === this.question?.question) return false;
    this.question = question;
    this.element.hidden = !question;
    fill(this.element, question ? this.view(question) : null);
    return Boolean(question);
  }

  view(question) {
    const words = question.complete ? "All tests pass with this patch. Write it to the project?" : "This is the best patch; some tests still fail with it. Write it?";
    this.problem = h("p", { class: "note wrap", role: "alert", hidden: !question.problem }, question.problem ? output(question.problem) : "");
    this.diff = h("div", { class: "diffs" }, diffView(question.patch));
    this.slot = h("div", { class: "slot" });
    const button = (name, kind, press) => h("button", { type: "button", class: kind, on: { click: press } }, name);
    this.buttons = h("div", { class: "buttons" },
      button("Accept and write", "primary", () => this.send({ action: "accept" })),
      button("Reject…", "", () => this.ask(this.rejecting())),
      button("Edit the patch…", "", () => this.ask(this.editing(question.patch))));
    return [
      h("header", {}, h("h2", { id: "approval-title", tabindex: -1 }, "Your approval"), h("span", { class: "push dim small" }, count(question.paths.length, "file"))),
      h("div", { class: "body stack" }, h("p", {}, words),
        question.explanation ? h("p", { class: "dim wrap" }, prose(question.explanation)) : null,
        (question.suspicious ?? []).map((why) => h("p", { class: "note wrap" }, h("strong", {}, "Suspicious: "), output(why))),
        this.problem, this.buttons, this.slot),
      this.diff,
    ];
  }

  ask(form) {
    fill(this.slot, form);
    form.querySelector("textarea").focus();
  }

  rejecting() {
    const reason = h("textarea", { id: "reason", rows: 3, maxlength: 4000, "aria-describedby": "reason-hint" });
    return this.form([h("label", { for: "reason" }, "Why not?"), reason,
      h("p", { id: "reason-hint", class: "dim small" }, "A reason goes to whoever writes the next patch. Without one the run ends.")],
    "Reject", () => ({ action: "reject", reason: reason.value.trim() }));
  }

  editing(patch) {
    const text = h("textarea", { id: "patch-text", rows: Math.min(24, patch.split("\n").length + 2), class: "mono", spellcheck: "false", wrap: "off", "aria-describedby": "patch-hint" });
    text.value = patch;
    return this.form([h("label", { for: "patch-text" }, "The patch, a unified diff"), text,
      h("p", { id: "patch-hint", class: "dim small" }, "It is tested before it is written. Line counts of a hunk may be left as they are.")],
    "Test and write this", () => ({ action: "edit", patch: text.value }));
  }

  form(fields, name, decision) {
    const cancel = h("button", { type: "button", on: { click: () => this.leave() } }, "Back");
    const go = h("button", { type: "submit", class: "primary" }, name);
    const submit = (event) => {
      event.preventDefault();
      this.send(decision());
    };
    return h("form", { class: "answer", on: { submit } }, fields, h("div", { class: "buttons" }, go, cancel));
  }

  leave() {
    fill(this.slot);
    this.buttons.querySelector("button").focus();
  }

  async send(decision) {
    const buttons = [...this.element.querySelectorAll("button")];
    for (const button of buttons) button.disabled = true;
    try {
      await this.decide({ ...decision, question: this.question.question });
    } catch (error) {
      for (const button of buttons) button.disabled = false;
      this.problem.hidden = false;
      fill(this.problem, error.message);
    }
  }
}
