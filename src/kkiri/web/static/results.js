// The search: finds are drawn as they come, narrowed, put in order, and walked with the arrow keys.
import { ask, listen, live, post } from "/static/api.js";
import { button, choose, link, make, note, one, set } from "/static/dom.js";
import { asParams, drawFilters, fresh, inOrder, kindName, narrows, passes, thingPasses } from "/static/filters.js";
import { findRow, transfers } from "/static/find.js";
import { special, takePasted } from "/static/pasted.js";
import { thingRow } from "/static/things.js";
import { language, number, words as common } from "/static/words.js";
import { words } from "/static/words-results.js";

const DRAWN_AT_ONCE = 40; // rows: two screens; the next ones come when the reader nears them
const LIMIT = 200; // finds asked for first; more are asked for when the reader wants them
const LIMIT_MORE = 1000;
const MORE_SECONDS = 10; // a thousand finds are read page by page
const AWAY_MS = 30000;
const FEW = 3; // things of one kind shown among all

const section = make("section");
const head = make("div", "over");
const told = make("p");
const filters = make("div");
const meant = make("p");
const pasted = make("div");
const things = make("ol");
const list = make("ol");
const more = button("more", words.more, () => follow(typed, LIMIT_MORE, { wait: MORE_SECONDS, ...asParams(chosen) }));
const keep = button("quiet", words.keep, () => keepIt());
const sort = choose(Object.entries(words.sorts), "best");

const rows = new Map(); // info-hash to row
let finds = [];
let found = []; // things
let shown = []; // finds that pass, in order
let drawn = 0;
let chosen = fresh();
let typed = "";
let limit = LIMIT;
let source = null;
let turn = 0;
let done = false;
let awayTimer = 0;

export function open(main, text) {
  if (!section.isConnected) build(main);
  section.hidden = false;
  if (text === typed && finds.length) follow(text, limit); // back from elsewhere: all is still there
  else look(text, LIMIT);
}

export function close() {
  source?.close();
  turn += 1;
  section.hidden = true;
}

// Goes to the first row; false when there is none.
export function first() {
  const row = section.querySelector("li.row");
  row?.focus();
  return !section.hidden && row !== null;
}

function build(main) {
  section.id = "results";
  told.id = "count";
  told.setAttribute("aria-live", "polite");
  filters.id = "filters";
  filters.setAttribute("role", "group");
  filters.setAttribute("aria-label", words.filters);
  meant.id = "meant";
  things.id = "things";
  list.id = "finds";
  sort.setAttribute("aria-label", words.sort);
  sort.addEventListener("change", draw);
  const acts = make("div", "acts");
  acts.append(sort, keep);
  head.append(told, acts);
  section.append(head, filters, meant, pasted, things, list, more);
  main.append(section);
  section.addEventListener("keydown", walk);
  new IntersectionObserver((seen) => {
    if (seen.some((entry) => entry.isIntersecting)) grow();
  }, { rootMargin: "900px" }).observe(more);
  addEventListener("blocked", ({ detail }) => {
    found = found.filter((thing) => thing.author !== detail);
    take(finds.filter((find) => find.author !== detail));
  });
  document.addEventListener("visibilitychange", away);
  live.on("transfers", ({ all, changed, gone }) => {
    transfers(all);
    for (const hash of [...changed, ...gone]) rows.get(hash)?.mark();
  });
}

// Browsers give a site six connections for all its tabs: one that nobody sees lets its own go.
function away() {
  clearTimeout(awayTimer);
  if (document.hidden) {
    awayTimer = setTimeout(() => {
      source?.close();
      source = null;
    }, AWAY_MS);
  } else if (!source && !section.hidden && typed) {
    follow(typed, limit);
  }
}

async function look(text, most) {
  typed = text;
  finds = [];
  found = [];
  rows.clear();
  chosen = fresh();
  pasted.replaceChildren();
  set(told, words.searching);
  draw();
  source?.close();
  const mine = (turn += 1);
  if (special(text)) {
    try {
      if (await takePasted(text, pasted, () => mine !== turn, (find) => { settle(true); take([find]); })) {
        if (mine === turn && !finds.length) set(told, "");
        return;
      }
    } catch (error) {
      note(error.message);
    }
  }
  if (mine === turn) follow(text, most);
}

function follow(text, most, params = {}) {
  source?.close();
  turn += 1;
  limit = most;
  settle(false);
  hintsFor(text);
  const query = new URLSearchParams({ words: text.slice(0, 256), limit: most, ...params });
  source = listen(`/api/find/live?${query}`, heard, (broken) => broken.close());
  tellKept();
}

function settle(all) {
  done = all;
  section.setAttribute("aria-busy", String(!all));
}

function heard(said, from) {
  if (said.error) {
    note(said.error[language]);
    from.close();
    settle(true);
    tellCount();
  } else if (said.found) {
    take(limit > LIMIT ? joined(said.found) : said.found);
  } else if (said.things) {
    found = said.things;
    draw();
  } else if (said.meant !== undefined) {
    tellMeant(said.meant);
  } else if (said.done) {
    settle(true);
    tellCount();
    tellMore();
  } else if (said.new) {
    take([{ ...said.new, fresh: true }, ...finds]);
  }
}

function take(next) {
  finds = next;
  set(meant, "");
  draw();
}

function draw() {
  const narrowed = narrows(chosen);
  const before = shown;
  shown = inOrder(narrowed ? finds.filter((find) => passes(find, chosen)) : finds, sort.value);
  drawFilters(filters, finds, found, chosen, choice);
  drawThings();
  const same = before.length && before[0]?.info_hash === shown[0]?.info_hash;
  drawn = Math.min(shown.length, same ? Math.max(drawn, DRAWN_AT_ONCE) : DRAWN_AT_ONCE);
  place(shown.slice(0, drawn).map(rowOf));
  tellCount();
  tellMore();
}

// Brings the rows in order; one that stands where it should is not touched, and the focus stays.
function place(wanted) {
  const focused = document.activeElement;
  let next = list.firstElementChild;
  for (const row of wanted) {
    if (row === next) next = next.nextElementSibling;
    else list.insertBefore(row, next);
  }
  while (next) {
    const after = next.nextElementSibling;
    next.remove();
    next = after;
  }
  if (focused !== document.activeElement && list.contains(focused)) focused.focus({ preventScroll: true });
}

function rowOf(find) {
  const known = rows.get(find.info_hash);
  if (known) {
    if (known.find !== find) known.update(find);
    return known.row;
  }
  const made = findRow(find);
  rows.set(find.info_hash, made);
  return made.row;
}

function grow() {
  if (drawn >= shown.length) return;
  const next = shown.slice(drawn, drawn + DRAWN_AT_ONCE).map(rowOf);
  drawn += next.length;
  list.append(...next);
  tellMore();
  if (drawn < shown.length) requestAnimationFrame(() => nearEnd() && grow());
}

const nearEnd = () => more.getBoundingClientRect().top < innerHeight + 900;

function tellMore() {
  const all = drawn >= shown.length;
  more.classList.toggle("waiting", !all);
  more.hidden = all && !(done && finds.length >= limit && limit < LIMIT_MORE);
}

function drawThings() {
  const passing = found.filter((thing) => thingPasses(thing, chosen));
  const counts = new Map();
  const some = [];
  for (const thing of passing) {
    const count = (counts.get(thing.kind) ?? 0) + 1;
    counts.set(thing.kind, count);
    if (chosen.kind || count <= FEW) some.push(thingRow(thing));
  }
  for (const [kind, count] of counts) {
    if (chosen.kind || count <= FEW) continue;
    const row = make("li", "thing");
    row.append(button("quiet", words.allOf(number(count), kindName(kind)), () => choice("kind", kind)));
    some.push(row);
  }
  things.replaceChildren(...some);
  things.hidden = some.length === 0;
}

function choice(name, value) {
  chosen = { ...chosen, [name]: value };
  if (name === "kind") chosen = { ...fresh(), kind: value };
  draw();
  // there may be more of it than the hubs gave among all
  if (finds.length >= limit && limit < LIMIT_MORE) refine();
}

// Asks again with the filters; what comes is added to what is there, so that filters can be undone.
function refine() {
  const query = new URLSearchParams({ words: typed.slice(0, 256), limit: LIMIT, ...asParams(chosen) });
  const mine = turn;
  ask(`/api/find?${query}`).then((extra) => {
    if (mine !== turn) return;
    take(joined(extra));
  }).catch((error) => note(error.message));
}

// The present finds, and after them those that are not among them.
function joined(extra) {
  const all = new Map(finds.map((find) => [find.info_hash, find]));
  for (const find of extra) all.set(find.info_hash, all.get(find.info_hash) ?? find);
  return [...all.values()];
}

function tellCount() {
  const all = finds.length + found.length;
  const passing = shown.length + found.filter((thing) => thingPasses(thing, chosen)).length;
  head.classList.toggle("alone", all < 2);
  if (!all) set(told, done ? words.nothing : words.searching);
  else if (!passing) set(told, words.hidden);
  else set(told, passing < all ? words.of(number(passing), number(all)) : words.found(number(all)));
}

function tellMeant(text) {
  meant.replaceChildren(make("span", "", words.close));
  if (text) meant.append(` ${words.meant} `, link("textlink", text, `#${encodeURIComponent(text)}`), "?");
}

// The other places of the page are found through the box too.
function hintsFor(text) {
  const low = text.toLowerCase();
  const names = Object.keys(common.corner).filter((name) => low.length > 1 && [common.views[name], common.corner[name]].some((said) => said.toLowerCase().startsWith(low)));
  pasted.replaceChildren(...names.map((name) => link("hint", `${words.place}: ${common.views[name]}`, `#/${name}`)));
}

async function keepIt() {
  const search = (chosen.kind ? `kind:${chosen.kind} ${typed}` : typed).slice(0, 256);
  try {
    await post("/api/kept", { words: search });
    keep.disabled = true;
    set(keep, words.keeping);
    one("show-kept").hidden = false;
  } catch (error) {
    note(error.message);
  }
}

async function tellKept() {
  const mine = turn;
  const kept = await ask("/api/kept").catch(() => []);
  if (mine !== turn) return;
  keep.disabled = kept.some((search) => search.words === typed);
  set(keep, keep.disabled ? words.keeping : words.keep);
}

function walk(event) {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const row = document.activeElement?.closest?.("li.row");
  if (!row || event.target.closest("select, input, .details")) return;
  const all = [...section.querySelectorAll("li.row")];
  const at = all.indexOf(row) + (event.key === "ArrowDown" ? 1 : -1);
  event.preventDefault();
  if (at >= all.length - 2) grow();
  (at < 0 ? one("box") : section.querySelectorAll("li.row")[at])?.focus();
}
