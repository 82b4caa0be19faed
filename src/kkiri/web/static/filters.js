// What narrows the finds on the page: only what would split those that are there.
import { choose, make } from "/static/dom.js";
import { apart, number, plain, words as common } from "/static/words.js";
import { words } from "/static/words-results.js";

const WHO_MAX = 12; // persons in a list that is still looked through
const MINUTE = 60;
const LENGTHS = [0, 5 * MINUTE, 20 * MINUTE, 60 * MINUTE, Infinity];
const SIZES = [0, 1e7, 1e8, 1e9, Infinity];
const DAY = 86400;
const DATES = [0, DAY, 7 * DAY, 30 * DAY, 365 * DAY, Infinity];

const between = (value, edges) => (value ? edges.findIndex((edge, at) => value < edges[at + 1]) : -1);
const languages = new Intl.DisplayNames(document.documentElement.lang || "en", { type: "language" });

const FACETS = {
  length: { of: (find) => between(find.duration, LENGTHS), text: (at) => words.lengths[at] },
  size: { of: (find) => between(find.size, SIZES), text: (at) => words.sizes[at] },
  who: { of: (find) => find.author, text: (who, find) => find.author_name || common.unknown },
  date: { of: (find) => between(Date.now() / 1000 - find.created_at || 1, DATES), text: (at) => words.dates[at] },
  lang: { of: (find) => plain(find.lang ?? "").slice(0, 12).toLowerCase(), text: languageName },
};

function languageName(code) {
  try {
    return languages.of(code) ?? code;
  } catch {
    return code;
  }
}

export const kindName = (kind) => words.kinds[kind] ?? common.kinds[kind] ?? kind;

export const fresh = () => ({ kind: "", length: "", size: "", who: "", date: "", lang: "" });

export const narrows = (chosen) => Object.values(chosen).some((value) => value !== "");

export function passes(find, chosen) {
  if (chosen.kind && find.kind !== chosen.kind) return false;
  return Object.entries(FACETS).every(([name, { of }]) => chosen[name] === "" || String(of(find)) === chosen[name]);
}

// Things have a kind, a person and a date only.
export function thingPasses(thing, chosen) {
  if (chosen.length !== "" || chosen.size !== "" || chosen.lang !== "") return false;
  if (chosen.kind && thing.kind !== chosen.kind) return false;
  return ["who", "date"].every((name) => chosen[name] === "" || String(FACETS[name].of(thing)) === chosen[name]);
}

// The same as the API asks for it, where hubs can narrow by it.
export function asParams(chosen) {
  const params = {};
  if (chosen.kind) params.kind = chosen.kind;
  if (chosen.who) params.by = chosen.who;
  for (const [name, edges] of [["length", LENGTHS], ["size", SIZES]]) {
    if (chosen[name] === "") continue;
    const at = Number(chosen[name]);
    params[`min_${name}`] = edges[at];
    if (edges[at + 1] !== Infinity) params[`max_${name}`] = edges[at + 1] - 1;
  }
  return params;
}

// Draws the controls; `changed` hears of every choice.
export function drawFilters(place, finds, things, chosen, changed) {
  const controls = [];
  const kinds = count([...things, ...finds], (one) => one.kind);
  if (kinds.size > 1 || chosen.kind) controls.push(chips(kinds, chosen, changed));
  for (const name of Object.keys(FACETS)) {
    const control = facet(name, finds.filter((find) => !chosen.kind || find.kind === chosen.kind), chosen, changed);
    if (control) controls.push(control);
  }
  // what has the focus keeps it
  const had = place.contains(document.activeElement) ? document.activeElement.dataset.name : "";
  place.replaceChildren(...controls);
  if (had) place.querySelector(`[data-name="${CSS.escape(had)}"]`)?.focus();
  place.hidden = controls.length === 0;
}

function count(all, of) {
  const counts = new Map();
  for (const one of all) counts.set(of(one), (counts.get(of(one)) ?? 0) + 1);
  return counts;
}

function chips(kinds, chosen, changed) {
  const place = make("div", "chips");
  const total = [...kinds.values()].reduce((sum, many) => sum + many, 0);
  for (const [kind, many] of [["", total], ...[...kinds].sort((a, b) => b[1] - a[1])]) {
    const chip = make("button", "chip", `${kindName(kind || "all")} ${number(many)}`);
    chip.type = "button";
    chip.dataset.name = `kind ${place.children.length}`;
    chip.setAttribute("aria-pressed", String(chosen.kind === kind));
    chip.addEventListener("click", () => changed("kind", kind));
    place.append(chip);
  }
  return place;
}

function facet(name, finds, chosen, changed) {
  const { of, text } = FACETS[name];
  const said = new Map();
  for (const find of finds) {
    const value = of(find);
    if (value !== -1 && value !== "" && !said.has(value)) said.set(value, text(value, find));
  }
  if (said.size < 2 && chosen[name] === "") return null;
  const counts = count(finds, of);
  const byCount = name === "who" || name === "lang";
  const order = [...said].sort((a, b) => (byCount ? counts.get(b[0]) - counts.get(a[0]) : a[0] - b[0])).slice(0, WHO_MAX);
  const pairs = order.map(([value, shown]) => [String(value), name === "who" ? shown : `${apart(shown)} (${number(counts.get(value))})`]);
  const control = choose([["", words.any[name]], ...pairs], chosen[name]);
  control.dataset.name = name;
  control.setAttribute("aria-label", words.any[name]);
  control.addEventListener("change", () => changed(name, control.value));
  return control;
}

const ORDERS = {
  newest: (a, b) => b.created_at - a.created_at,
  largest: (a, b) => b.size - a.size,
  smallest: (a, b) => a.size - b.size,
  longest: (a, b) => (b.duration ?? -1) - (a.duration ?? -1),
  sources: (a, b) => b.sources - a.sources,
  title: (a, b) => a.title.localeCompare(b.title),
};

export const inOrder = (finds, order) => (ORDERS[order] ? [...finds].sort(ORDERS[order]) : finds);
