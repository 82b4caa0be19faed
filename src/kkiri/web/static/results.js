// The list of finds: drawn as they come, walked with the arrow keys.
import { listen, live, post } from "/static/api.js";
import { button, link, make, note, one } from "/static/dom.js";
import { language, length, size, words as common } from "/static/words.js";
import { words } from "/static/words-results.js";

const section = make("section");
section.id = "results";
section.hidden = true;
const said = make("p");
said.id = "count";
said.setAttribute("aria-live", "polite");
const list = make("ol");
section.append(said, list);
const asked = new Set(); // just now, until the peer tells of them
const kept = new Map();
let moving = new Map(); // info-hash to transfer, as the peer says
let source = null;

export function open(main, text) {
  if (!section.isConnected) {
    main.append(section);
    live.on("transfers", ({ all }) => mark(all));
  }
  section.hidden = false;
  search(text);
}

export function close() {
  source?.close();
  section.hidden = true;
}

function search(text, extra = {}) {
  source?.close();
  said.textContent = words.searching;
  list.replaceChildren();
  kept.clear();
  const query = new URLSearchParams({ words: text, ...extra });
  source = listen(`/api/find/live?${query}`, heard, (broken) => broken.close());
}

function heard(told, from) {
  if (told.error) {
    note(told.error[language]);
    from.close();
  } else if (told.found) {
    draw(told.found);
    if (told.found.length) tellCount();
  } else if (told.done) {
    tellCount();
  } else if (told.new) {
    list.prepend(item(told.new));
    tellCount();
  }
}

function tellCount() {
  const count = list.children.length;
  said.textContent = count ? words.found(count) : words.nothing;
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
function mark(transfers) {
  moving = transfers;
  for (const [hash, row] of kept) state(hash, row.querySelector(".get"));
}

function state(hash, get) {
  const transfer = moving.get(hash);
  if (transfer) asked.delete(hash);
  const text = transfer?.finished ? common.here : transfer || asked.has(hash) ? common.getting : common.get;
  if (get.textContent !== text) get.textContent = text;
  get.disabled = text !== common.get;
}

function step(event, to) {
  event.preventDefault();
  to?.focus();
}

// Goes to the first find; false when there is none.
export function first() {
  list.firstElementChild?.focus();
  return !section.hidden && list.firstElementChild !== null;
}

function about(find) {
  const parts = [common.kinds[find.kind] ?? find.kind];
  if (find.artist && !find.title.includes(find.artist)) parts.push(find.artist);
  if (find.album) parts.push(find.album);
  if (find.duration) parts.push(length(find.duration));
  parts.push(size(find.size));
  if (find.files_total > 1) parts.push(common.files(find.files_total));
  parts.push(words.sources(find.sources));
  return parts.join(" · ");
}

function who(find) {
  const place = make("div", "who");
  const name = find.author_name || `${find.author.slice(0, 12)}…`;
  place.append(link("", name, `#/person/${find.author}`));
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
