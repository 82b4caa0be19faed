// One find as a row: what it is, who stands behind it, and what can be done with it.
import { live, post } from "/static/api.js";
import { button, link, make, note, parts, set } from "/static/dom.js";
import { length, size, when, words as common } from "/static/words.js";
import { words } from "/static/words-results.js";

const PLAYS = new Set(["music", "film", "picture"]);
const SHOWN = ["title", "sources", "on", "confirmed", "author", "author_name", "looks_like", "followed", "fresh"];
const asked = new Set(); // just now, until the peer tells of them
let moving = new Map(); // info-hash to transfer, as the peer says

export const transfers = (all) => { moving = all; };

// A row with what keeps it true: `update` for another answer about it, `mark` for its transfer.
export function findRow(find) {
  const row = make("li", "find row");
  row.tabIndex = 0;
  const title = button("title", find.title, () => toggle());
  title.setAttribute("aria-expanded", "false");
  const about = make("div", "about");
  const who = make("div", "who");
  const get = button("get", "", () => fetchIt(self.find, self));
  const play = button("play quiet", common.play, () => playIt(self.find));
  const acts = make("div", "acts");
  acts.append(play, get);
  const what = make("div", "what");
  what.append(title, about, who);
  row.append(what, acts);
  let details = null;

  async function toggle() {
    const open = title.getAttribute("aria-expanded") !== "true";
    title.setAttribute("aria-expanded", String(open));
    if (!details) {
      details = make("div", "details");
      row.append(details);
      const module = await import("/static/details.js");
      module.fillDetails(details, self.find, { get: (how) => fetchIt(self.find, self, how), play: (path) => playIt(self.find, path) });
    }
    details.hidden = !open;
  }

  const self = {
    row,
    find,
    update(next) {
      const same = SHOWN.every((name) => next[name] === self.find[name]);
      self.find = next;
      if (same && who.firstChild) return;
      set(title, next.title);
      parts(about, facts(next));
      fillWho(who, next);
      play.hidden = !PLAYS.has(next.kind);
      self.mark();
    },
    mark() {
      const hash = self.find.info_hash;
      const transfer = moving.get(hash);
      const mine = self.find.author === live.status()?.npub;
      if (transfer) asked.delete(hash);
      set(get, mine ? words.mine : doing(transfer, hash));
      get.disabled = mine || Boolean(transfer) || asked.has(hash);
      if ((mine || transfer?.finished) && PLAYS.has(self.find.kind)) cover(row, hash);
    },
    toggle,
  };
  row.addEventListener("keydown", (event) => {
    if (event.target !== row) return;
    if (event.key === "Enter") get.disabled ? toggle() : fetchIt(self.find, self);
    if (event.key === " ") {
      event.preventDefault();
      toggle();
    }
  });
  self.update(find);
  return self;
}

function doing(transfer, hash) {
  if (transfer?.finished) return common.here;
  if (transfer?.size) return `${Math.floor((100 * transfer.done) / transfer.size)}%`;
  return transfer || asked.has(hash) ? common.getting : common.get;
}

function facts(find) {
  const said = [common.kinds[find.kind] ?? find.kind];
  if (find.artist && !find.title.includes(find.artist)) said.push(find.artist);
  if (find.album && find.album !== find.title) said.push(find.album);
  if (find.duration) said.push(length(find.duration));
  said.push(size(find.size));
  if (find.files_total > 1) said.push(common.files(find.files_total));
  said.push(words.sources(find.sources));
  if (find.on) said.push(words.on(find.on));
  return said;
}

function fillWho(place, find) {
  const name = link("", find.author_name || `${find.author.slice(0, 12)}…`, `#/person/${find.author}`);
  const said = [name];
  if (find.followed) said.push(make("span", "good", words.followed));
  if (find.looks_like) said.push(make("span", "bad", words.looksLike(find.looks_like)));
  if (find.confirmed > 1) said.push(make("span", "", words.confirmed(find.confirmed - 1)));
  said.push(make("span", "", when(find.created_at)));
  if (find.fresh) said.push(make("span", "badge", words.fresh));
  place.replaceChildren(...said.flatMap((one, at) => (at ? [" · ", one] : [one])));
}

function cover(row, hash) {
  if (row.querySelector(".cover")) return;
  const picture = make("img", "cover");
  picture.alt = "";
  picture.loading = "lazy";
  picture.decoding = "async";
  picture.addEventListener("error", () => picture.remove());
  picture.setAttribute("src", `/api/cover/${hash}`);
  row.prepend(picture);
}

async function fetchIt(find, self, how = {}) {
  if (self.row.querySelector(".get").disabled && !how.only) return;
  asked.add(find.info_hash);
  self.mark();
  try {
    await post("/api/get", { link: find.link, ...how });
  } catch (error) {
    asked.delete(find.info_hash);
    self.mark();
    note(error.message);
  }
}

// Starts it where it is not here, and goes to the player with that file or the first that plays.
async function playIt(find, path) {
  try {
    const { files } = await post("/api/play", { link: find.link });
    const plays = files.filter((file) => PLAYS.has(file.sort));
    const wanted = path && files.find((file) => file.path === path || file.path.endsWith(`/${path}`));
    const first = wanted || plays.find((file) => file.sort === find.kind) || plays[0] || files[0];
    location.hash = `#/play/${find.info_hash}/${first?.index ?? 0}`;
  } catch (error) {
    note(error.message);
  }
}
