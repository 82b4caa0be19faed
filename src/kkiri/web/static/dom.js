// Makes elements; text only ever goes in as text.
import { plain } from "/static/words.js";

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

let timer = 0;

export function note(text) {
  const place = one("note");
  place.textContent = plain(text);
  place.hidden = false;
  clearTimeout(timer);
  timer = setTimeout(() => { place.hidden = true; }, 6000);
}
