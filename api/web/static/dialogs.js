// Questions that the page asks. A dialog takes the focus, keeps it, and gives it back; Escape is a no.

import { h } from "./dom.js";

/** Asks for a yes. Resolves to whether it came. */
export function confirmed({ title, words, yes, danger = false }) {
  const no = h("button", { type: "submit", value: "no", autofocus: true }, "Cancel");
  const go = h("button", { type: "submit", value: "yes", class: danger ? "danger" : "primary" }, yes);
  return asked(title, [h("p", {}, words)], [no, go], () => true).then(Boolean);
}

/** Asks for the server's token. Resolves to it, or to `null`. */
export function askToken() {
  const input = h("input", { type: "password", name: "token", id: "token", autocomplete: "off", required: true, autofocus: true });
  const label = h("label", { for: "token" }, "Token");
  const hint = h("p", { class: "dim small" }, "The server wants the secret that it was started with. It stays in this tab.");
  const go = h("button", { type: "submit", value: "yes", class: "primary" }, "Go on");
  return asked("This server needs a token", [label, input, hint], [go], () => input.value.trim());
}

function asked(title, body, buttons, answer) {
  const heading = h("h2", { id: "dialog-title" }, title);
  const form = h("form", { method: "dialog" }, heading, body, h("div", { class: "buttons" }, buttons));
  const dialog = h("dialog", { "aria-labelledby": "dialog-title" }, form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      done(dialog.returnValue === "yes" ? answer() : null);
    });
  });
}
