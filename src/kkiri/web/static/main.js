// The page: a name and a box. What is typed is looked for; the rest comes by itself.
import { listen } from "/static/api.js";
import { one } from "/static/dom.js";
import { first, leave, mark, search } from "/static/results.js";
import { show, toggle } from "/static/transfers.js";
import { language, words } from "/static/words.js";

const WAIT_MS = 250; // while typing: a pause between two syllables is shorter

document.documentElement.lang = language;
const box = one("box");
box.placeholder = words.box;
box.setAttribute("aria-label", words.box);
let timer = 0;
let last = "";

function look() {
  clearTimeout(timer);
  const text = box.value.trim();
  if (text === last) return;
  last = text;
  document.body.classList.toggle("asked", text !== "");
  history.replaceState(null, "", text ? `#${encodeURIComponent(text)}` : "/");
  if (text) search(text);
  else leave();
}

box.addEventListener("input", (event) => {
  clearTimeout(timer);
  if (!event.isComposing) timer = setTimeout(look, WAIT_MS);
});
box.addEventListener("compositionend", () => {
  clearTimeout(timer);
  timer = setTimeout(look, WAIT_MS);
});
one("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  look();
});
box.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" && !event.isComposing) {
    event.preventDefault();
    first();
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    box.value = "";
    look();
    box.focus();
  } else if (event.key === "/" && event.target !== box) {
    event.preventDefault();
    box.focus();
  }
});
one("name").addEventListener("click", () => {
  box.value = "";
  look();
  box.focus();
});
one("show-transfers").addEventListener("click", toggle);

listen(
  "/api/live",
  ({ status }) => {
    if (!status) return;
    const others = status.hubs.filter((hub) => !hub.own && hub.state === "open").length;
    one("state").textContent = words.hubs(others);
    one("state").classList.toggle("on", status.ready);
    show(status.transfers);
    mark(status.transfers);
  },
  () => {
    one("state").textContent = words.gone;
    one("state").classList.remove("on");
  },
);

if (location.hash.length > 1) {
  try {
    box.value = decodeURIComponent(location.hash.slice(1));
    look();
  } catch {
    history.replaceState(null, "", "/");
  }
}
