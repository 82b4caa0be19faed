// One person: who they are here, what one decided about them, and all that they share.
import { ask, live, post } from "/static/api.js";
import { button, choose, copy, dialog, field, input, link, make, note, parts, set, style, sure, title } from "/static/dom.js";
import { findRow, transfers } from "/static/find.js";
import { marks, nameOf, portrait } from "/static/people.js";
import { number, size, words as common } from "/static/words.js";
import { words } from "/static/words-people.js";

const PAGE = 100;
const FINDS_MAX = 200;
const TYPING_MS = 250;

export async function open(place, who) {
  const path = `/api/people/${encodeURIComponent(who ?? "")}`;
  const [first] = await Promise.all([ask(path), style("people.css")]);
  let one = first;
  const mine = one.npub === live.status()?.npub;
  const face = portrait(one, "large");
  const said = make("p", "soft small");
  const about = make("p", "about");
  const acts = make("div", "acts");
  const top = make("div", "someone");
  const what = make("div");
  what.append(place.querySelector("h2"), said);
  top.append(face, what);
  const follow = act("follow", "", "", () => decide("follow", { on: !one.followed }));
  const talk = link("button", words.talk, `#/talk/${one.npub}`);
  talk.dataset.act = "person-talk";
  const name = act("name", "quiet", words.petname, rename);
  const block = act("block", "quiet", "", async () => {
    if (one.blocked || (await sure(words.block, words.blockAbout, words.block))) await decide("block", { on: !one.blocked });
  });
  const report = act("report", "quiet", words.report, () => reportIt(one.npub));
  const key = act("key", "quiet", words.copyKey, () => copy(one.npub));
  if (!mine) acts.append(follow, talk, name, block, report);
  acts.append(key);
  const shelf = libraryOf(path, one, mine);
  place.append(top, about, acts, shelf.place);

  function paint() {
    title(place, nameOf(one));
    marks(said, one);
    face.classList.toggle("on", one.on);
    set(about, one.about);
    set(follow, one.followed ? words.unfollow : words.follow);
    follow.setAttribute("aria-pressed", String(one.followed));
    set(block, one.blocked ? words.unblock : words.block);
  }

  async function decide(verb, body) {
    await post(`/api/${verb}`, { who: one.npub, ...body });
    one = await ask(path);
    paint();
  }

  async function rename() {
    const given = await dialog(words.petname, (box, close) => {
      const form = make("form");
      const text = input("text", one.petname, { maxLength: 60 });
      const save = make("button", "strong", common.save);
      text.dataset.act = "person-petname";
      save.dataset.act = "person-petname-save";
      form.append(field(words.petnameAbout, text), save);
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        close(text.value.trim());
      });
      box.append(form);
      text.autofocus = true;
    });
    if (given !== undefined) await decide("petname", { name: given });
  }
  paint();
  await shelf.look();
  return shelf.close;
}

// A button whose work may be refused: the sentence is then shown in passing.
function act(name, className, text, does) {
  const element = button(className, text, async () => {
    try {
      await does();
    } catch (error) {
      note(error.message);
    }
  });
  element.dataset.act = `person-${name}`;
  return element;
}

// Reports a person, or with `more` what somebody publishes.
export async function reportIt(what, more = {}) {
  const given = await dialog(words.report, (box, close) => {
    const form = make("form");
    const why = choose(Object.entries(words.reasons), "spam");
    const text = input("text", "", { maxLength: 500 });
    const send = make("button", "strong", words.reportSend);
    why.dataset.act = "person-report-why";
    text.dataset.act = "person-report-text";
    send.dataset.act = "person-report-send";
    form.append(make("p", "soft small", words.reportAbout), field(words.reason, why), field(words.more, text), send);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      close({ why: why.value, text: text.value.trim() });
    });
    box.append(form);
  });
  if (!given) return;
  await post("/api/report", { what, ...more, ...given });
  note(words.reported);
}

// What they share: page by page, or what a search finds in it.
function libraryOf(path, one, mine) {
  const place = make("section");
  const heading = make("h3", "", words.library);
  const box = input("search", "", { placeholder: words.search, maxLength: 256 });
  box.setAttribute("aria-label", words.search);
  box.dataset.act = "person-search";
  const everything = act("all", "quiet", words.everything, takeAll);
  const line = make("div", "line");
  line.append(box, mine ? "" : everything);
  const told = make("p", "soft small");
  told.setAttribute("aria-live", "polite");
  const list = make("ol");
  const more = act("more", "", common.more, () => page());
  place.append(heading, line, told, list, more);
  let rows = [];
  let turn = 0;
  let timer = 0;

  function show(finds, anew) {
    const fresh = finds.map(findRow);
    rows = anew ? fresh : [...rows, ...fresh];
    if (anew) list.replaceChildren();
    list.append(...fresh.map((row) => row.row));
  }

  async function page(anew = false) {
    const mineTurn = (turn += 1);
    const said = await ask(`${path}/library/page?limit=${PAGE}&offset=${anew ? 0 : rows.length}`);
    if (mineTurn !== turn) return;
    show(said.found, anew);
    more.hidden = rows.length >= said.total;
    everything.hidden = line.hidden = said.total === 0;
    parts(told, said.total ? [words.shares(number(said.total)), size(said.bytes)] : [words.nothing]);
  }

  async function search(text) {
    if (!text) return page(true);
    const mineTurn = (turn += 1);
    const query = new URLSearchParams({ words: text, by: one.npub, limit: FINDS_MAX });
    const found = await ask(`/api/find?${query}`);
    if (mineTurn !== turn) return;
    show(found, true);
    more.hidden = true;
    set(told, words.found(number(found.length)));
  }
  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => search(box.value.trim()).catch((error) => note(error.message)), TYPING_MS);
  });

  async function takeAll() {
    const would = await post(`${path}/get`, { start: false });
    if (!would.listings) return note(words.haveAll);
    const some = Math.min(would.listings, would.at_once);
    const text = words.everythingAbout(number(some), size(would.bytes), size(would.free));
    if (!(await sure(words.everything, text, common.get))) return;
    everything.disabled = true;
    try {
      const end = await post(`${path}/get`, { start: true }, (step) => set(told, words.begun(number(step.begun))));
      note(words.begun(number(end.begun)));
    } finally {
      everything.disabled = false;
    }
  }

  const stop = live.on("transfers", ({ all }) => {
    transfers(all);
    for (const row of rows) row.mark();
  });
  return {
    place,
    look: () => page(true),
    close() {
      stop();
      clearTimeout(timer);
    },
  };
}
