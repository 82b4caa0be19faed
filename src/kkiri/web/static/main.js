// The page: a name and a box. What is typed is looked for; every other place has a hash of its own.
import { live } from "/static/api.js";
import { button, make, one, title, typing } from "/static/dom.js";
import { close as closeFinds, first, open as openFinds } from "/static/results.js";
import { showCorner } from "/static/corner.js";
import { watchTalks } from "/static/heard.js";
import { watchNews } from "/static/news.js";
import { showStart } from "/static/start.js";
import { language, words } from "/static/words.js";

const WAIT_MS = 250; // while typing: a pause between two syllables is shorter

// place of the page → the module that opens it: `open(section, ...rest of the hash)` fills the
// section and gives what closes it
const views = {
  transfers: () => import("/static/transfers.js"),
  library: () => import("/static/library.js"),
  people: () => import("/static/people.js"),
  person: () => import("/static/person.js"),
  talks: () => import("/static/talks.js"),
  talk: () => import("/static/talk.js"),
  room: () => import("/static/room.js"),
  kept: () => import("/static/kept.js"),
  settings: () => import("/static/settings.js"),
  play: () => import("/static/play.js"),
  together: () => import("/static/together.js"),
};

const box = one("box");
let timer = 0;
let turn = 0; // grows with every move, so that a view that opens late knows it is not wanted
let shut = () => {};
let at = ""; // where the page is: the hash as it was read

function move() {
  const hash = location.hash.slice(1);
  if (hash === at) return;
  at = hash;
  turn += 1;
  shut();
  shut = () => {};
  if (hash.startsWith("/")) openView(...hash.slice(1).split("/").map(decode));
  else look(decode(hash));
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

function look(text) {
  delete document.body.dataset.view;
  document.body.classList.toggle("asked", text !== "");
  if (box.value.trim() !== text) box.value = text;
  document.title = text ? `${text} · ${words.name}` : "끼리 kkiri";
  if (text) openFinds(one("main"), text);
  else closeFinds();
  showStart(!text);
  if (!text) box.focus();
}

async function openView(name, ...rest) {
  const mine = turn;
  closeFinds();
  showStart(false);
  clearTimeout(timer);
  box.value = "";
  document.body.classList.add("asked");
  document.body.dataset.view = name;
  const place = make("section", `view view-${Object.hasOwn(views, name) ? name : "none"}`);
  const heading = make("h2", "", words.views[name] ?? words.nowhere);
  heading.tabIndex = -1;
  place.append(heading);
  one("main").append(place);
  let close = () => {};
  shut = () => {
    close();
    place.remove();
  };
  title(place, heading.textContent);
  heading.focus({ preventScroll: true });
  scrollTo(0, 0);
  if (!Object.hasOwn(views, name)) return;
  try {
    place.setAttribute("aria-busy", "true");
    const view = await views[name]();
    if (mine !== turn) return;
    const closes = (await view.open(place, ...rest)) ?? close;
    if (mine === turn) close = closes;
    else closes();
  } catch (error) {
    if (mine === turn) fail(place, error, heading);
  } finally {
    place.removeAttribute("aria-busy");
  }
}

function fail(place, error, heading) {
  console.error(error);
  const again = button("", words.again, () => {
    at = null;
    move();
  });
  place.replaceChildren(heading, make("p", "empty", error.refusal ? error.message : words.broken), again);
}

function go(text) {
  clearTimeout(timer);
  const now = text.trim();
  if (decode(at) === now) return;
  const known = at !== "" && !at.startsWith("/");
  const to = now ? `#${encodeURIComponent(now)}` : "/";
  // words that grow are one step of the history, not one for every letter
  if (known && now) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  move();
}

function wait() {
  clearTimeout(timer);
  timer = setTimeout(() => go(box.value), WAIT_MS);
}

box.addEventListener("input", (event) => {
  if (event.isComposing) clearTimeout(timer);
  else wait();
});
box.addEventListener("compositionend", wait);
one("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  go(box.value);
});
box.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" && !event.isComposing && first()) event.preventDefault();
});
document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]")) return;
  const inView = document.body.dataset.view !== undefined;
  if (event.key === "Escape" && !event.isComposing && (!inView || event.target === box)) {
    home();
  } else if (event.key === "/" && !typing(event.target)) {
    event.preventDefault();
    box.focus();
    box.select();
  }
});
one("name").addEventListener("click", (event) => {
  event.preventDefault();
  home();
});

function home() {
  box.value = "";
  if (at.startsWith("/")) {
    history.pushState(null, "", "/");
    move();
  } else {
    go("");
  }
  box.focus();
}

document.documentElement.lang = language;
box.placeholder = words.box;
box.setAttribute("aria-label", words.box);
addEventListener("hashchange", move);
addEventListener("popstate", move);
addEventListener("stayed", () => { at = location.hash.slice(1); });
showCorner(one("corner"));
live.start();
watchNews();
watchTalks();
live.on("status", () => showStart(at === ""));
at = null;
move();
