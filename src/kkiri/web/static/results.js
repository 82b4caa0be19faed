// The list of finds: drawn as they come, walked with the arrow keys.
import { ask, listen, post } from "/static/api.js";
import { button, make, note, one } from "/static/dom.js";
import { language, length, size, words } from "/static/words.js";

const list = document.querySelector("#results ol");
const asked = new Set(); // just now, until the peer tells of them
const kept = new Map();
let moving = new Map(); // info-hash to transfer, as the peer says
let source = null;

export function search(text, extra = {}) {
  source?.close();
  one("results").hidden = false;
  one("person").hidden = true;
  one("count").textContent = words.searching;
  list.replaceChildren();
  kept.clear();
  const query = new URLSearchParams({ words: text, ...extra });
  source = listen(`/api/find/live?${query}`, heard, (broken) => broken.close());
}

export function leave() {
  source?.close();
  one("results").hidden = true;
  one("person").hidden = true;
}

function heard(said, from) {
  if (said.error) {
    note(said.error[language]);
    from.close();
  } else if (said.found) {
    draw(said.found);
    if (said.found.length) tellCount();
  } else if (said.done) {
    tellCount();
  } else if (said.new) {
    list.prepend(item(said.new));
    tellCount();
  }
}

function tellCount() {
  const count = list.children.length;
  one("count").textContent = count ? words.found(count) : words.nothing;
}

function draw(finds) {
  const place = [...list.children].indexOf(document.activeElement);
  list.replaceChildren(...finds.map(item));
  list.children[place]?.focus();
}

function item(find) {
  if (kept.has(find.info_hash)) return kept.get(find.info_hash);
  const row = make("li", "find");
  row.tabIndex = 0;
  row.dataset.hash = find.info_hash;
  row.append(make("div", "title", find.title), make("div", "about", about(find)), who(find));
  const get = button("get", "", () => fetchIt(find, get));
  row.append(get);
  state(find.info_hash, get);
  row.addEventListener("keydown", (event) => {
    if (event.target === row && event.key === "Enter") fetchIt(find, get);
    if (event.key === "ArrowDown") step(event, row.nextElementSibling);
    if (event.key === "ArrowUp") step(event, row.previousElementSibling ?? one("box"));
  });
  kept.set(find.info_hash, row);
  return row;
}

// Shows on the finds what became of those that were asked for.
export function mark(transfers) {
  moving = new Map(transfers.map((transfer) => [transfer.info_hash, transfer]));
  for (const [hash, row] of kept) state(hash, row.querySelector(".get"));
}

function state(hash, get) {
  const transfer = moving.get(hash);
  if (transfer) asked.delete(hash);
  const text = transfer?.finished ? words.here : transfer || asked.has(hash) ? words.getting : words.get;
  if (get.textContent !== text) get.textContent = text;
  get.disabled = text !== words.get;
}

function step(event, to) {
  event.preventDefault();
  to?.focus();
}

export function first() {
  list.firstElementChild?.focus();
}

function about(find) {
  const parts = [words.kinds[find.kind] ?? find.kind];
  if (find.artist && !find.title.includes(find.artist)) parts.push(find.artist);
  if (find.album) parts.push(find.album);
  if (find.duration) parts.push(length(find.duration));
  parts.push(size(find.size));
  if (find.files_total > 1) parts.push(words.files(find.files_total));
  parts.push(words.sources(find.sources));
  return parts.join(" · ");
}

function who(find) {
  const place = make("div", "who");
  const name = find.author_name || `${find.author.slice(0, 12)}…`;
  place.append(button("", name, () => person(find.author)));
  if (find.looks_like) place.append(` · ${words.looksLike(find.looks_like)}`);
  if (find.confirmed > 1) place.append(` · ${words.confirmed(find.confirmed - 1)}`);
  return place;
}

async function fetchIt(find, get) {
  if (get.disabled) return;
  asked.add(find.info_hash);
  state(find.info_hash, get);
  try {
    await post("/api/get", { link: find.link });
  } catch (error) {
    asked.delete(find.info_hash);
    state(find.info_hash, get);
    note(error.message);
  }
}

async function person(npub) {
  source?.close();
  const path = `/api/people/${encodeURIComponent(npub)}`;
  try {
    const said = await ask(path);
    const place = one("person");
    place.hidden = false;
    place.querySelector("h2").textContent = said.petname || said.name || words.unknown;
    place.querySelector("p").textContent = [said.about, said.npub].filter(Boolean).join(" · ");
    const library = await ask(`${path}/library`);
    kept.clear();
    draw(library);
    one("count").textContent = words.shares(library.length);
  } catch (error) {
    note(error.message);
  }
}
