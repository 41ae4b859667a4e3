// Elements. Text becomes a text node, always: nothing that a test, a model or a file says is ever read as markup.

const SVG = "http://www.w3.org/2000/svg";

/** An element: `h("p", { class: "dim", on: { click } }, "text", child, null)`. */
export function h(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** The same, in SVG. */
export function s(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Puts `children` in the place of what `element` holds. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Sets the text of `element` only where it is another: a live region speaks once. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const ODD = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^]*?(?:\u0007|\u001b\\|$(?![^]))|[@-Z\\-_])/g;

/** `text` as nodes; what would be invisible or turn the order around is shown by its code point. */
export function code(text) {
  const nodes = [];
  let at = 0;
  for (const match of text.matchAll(ODD)) {
    nodes.push(text.slice(at, match.index), h("span", { class: "odd" }, `U+${match[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`));
    at = match.index + match[0].length;
  }
  return [...nodes, text.slice(at)];
}

/** As `code`, for what was written to a terminal: its escape sequences are left out. */
export function output(text) {
  return code(text.replace(ESCAPES, "").replaceAll("\r\n", "\n"));
}

/** `text` in which what stands between backticks is code. */
export function prose(text) {
  return text.split(/`([^`\n]{1,200})`/).map((part, at) => (at % 2 ? h("code", {}, output(part)) : output(part)));
}

/** A state: a sign, a word, a colour. */
export function badge([kind, sign, words]) {
  return h("span", { class: `badge ${kind}` }, h("span", { "aria-hidden": "true" }, sign), words);
}

/** A titled section: its element, and the parts of it that change. */
export function panel(title, attributes = {}) {
  const aside = h("span", { class: "push dim small numbers" });
  const body = h("div", {});
  const heading = h("h2", {}, title);
  const element = h("section", { ...attributes, class: `panel ${attributes.class ?? ""}` }, h("header", {}, heading, aside), body);
  return { element, aside, body, heading };
}
