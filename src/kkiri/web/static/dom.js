// Makes elements; text only ever goes in as text.
import { plain, words } from "/static/words.js";

export const one = (id) => document.getElementById(id);

export function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = plain(text);
  return element;
}

export function button(className, text, act) {
  const element = make("button", className, text);
  element.type = "button";
  element.addEventListener("click", (event) => {
    event.stopPropagation();
    act(element);
  });
  return element;
}

// A link to a place of this page; `to` is a hash such as "#/people".
export function link(className, text, to) {
  const element = make("a", className, text);
  element.setAttribute("href", to.startsWith("#") ? to : "#");
  return element;
}

// Changes text only when it differs, so that focus, selection and screen readers stay.
export function set(element, text) {
  const shown = plain(text);
  if (element.textContent !== shown) element.textContent = shown;
}

// Fills an element with parts of a line, such as a name, a length, a size. Each keeps its writing
// direction to itself: a name in Hebrew must not turn the numbers that follow it.
export function parts(element, texts, between = " · ") {
  const shown = texts.map(plain);
  if (element.textContent === shown.join(between)) return element;
  element.replaceChildren(...shown.flatMap((text, place) => [place ? between : "", make("bdi", "", text)]));
  return element;
}

// A labelled control: <label class="field"><span>text</span> control</label>.
export function field(text, control) {
  const label = make("label", "field");
  label.append(make("span", "", text), control);
  return label;
}

export function input(type, value, attributes = {}) {
  const element = make("input");
  element.type = type;
  if (type === "checkbox") element.checked = Boolean(value);
  else element.value = value ?? "";
  Object.assign(element, attributes);
  return element;
}

// A <select> of [value, text] pairs.
export function choose(pairs, value) {
  const element = make("select");
  for (const [key, text] of pairs) {
    const option = make("option", "", text);
    option.value = key;
    element.append(option);
  }
  element.value = value;
  return element;
}

// Says in the address where in its place an open view is, without opening it again.
export function stay(to) {
  history.replaceState(null, "", to);
  dispatchEvent(new Event("stayed"));
}

// Names the open view: its heading and the window.
export function title(place, text) {
  const heading = place.querySelector("h2");
  if (heading) set(heading, text);
  document.title = `${plain(text)} · ${words.name}`;
}

// Loads a view's own style sheet once; resolves when it stands, or when it cannot.
const sheets = new Map();
export function style(name) {
  if (!sheets.has(name)) {
    const sheet = make("link");
    sheet.rel = "stylesheet";
    sheets.set(name, new Promise((done) => {
      sheet.addEventListener("load", done);
      sheet.addEventListener("error", done);
    }));
    sheet.setAttribute("href", `/static/${name}`);
    document.head.append(sheet);
  }
  return sheets.get(name);
}

let timer = 0;

// Says something in passing, to eyes and to screen readers.
export function note(text) {
  const place = one("note");
  place.textContent = plain(text);
  place.hidden = false;
  clearTimeout(timer);
  timer = setTimeout(() => { place.hidden = true; }, 6000);
}

// A dialog over the page: `fill(box, close)` adds its content; resolves with what `close` was
// given, undefined when it was left with Escape.
export function dialog(heading, fill) {
  const box = make("dialog");
  const name = make("h2", "", heading);
  name.id = "dialog-name";
  box.setAttribute("aria-labelledby", name.id);
  box.append(name);
  const before = document.activeElement;
  let said;
  const close = (value) => {
    said = value;
    box.close();
  };
  fill(box, close);
  document.body.append(box);
  box.showModal();
  return new Promise((done) => {
    box.addEventListener("close", () => {
      box.remove();
      before?.focus?.();
      done(said);
    });
  });
}

// Asks before something that cannot be undone; true when the person wants it.
export async function sure(heading, text, act = words.yes) {
  const said = await dialog(heading, (box, close) => {
    const acts = make("div", "acts");
    const no = button("quiet", words.cancel, () => close(false));
    acts.append(button("strong", act, () => close(true)), no);
    box.append(make("p", "", text), acts);
    no.autofocus = true;
  });
  return said === true;
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    note(words.copied);
  } catch {
    await dialog(words.copyYourself, (box) => {
      const place = make("textarea", "", text);
      place.readOnly = true;
      place.rows = 4;
      place.setAttribute("aria-label", words.copyYourself);
      place.addEventListener("focus", () => place.select());
      box.append(place);
    });
  }
}

// True where keys are meant for a control and not for the page.
export const typing = (target) => Boolean(target?.closest?.("input, textarea, select, dialog, video, [contenteditable]"));
