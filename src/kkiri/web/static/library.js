// One's own library: the shared folders, what is in them, and how far new files have come.
import { ask, post } from "/static/api.js";
import { button, copy, field, input, link, make, note, parts, set, sure } from "/static/dom.js";
import { number, size, words as common } from "/static/words.js";
import { words } from "/static/words-library.js";

const PAGE = 100;
const LOOK_MS = 1000; // how soon progress is seen
const TYPING_MS = 250;

export async function open(place) {
  const roots = make("div", "roots");
  const none = make("p", "empty", words.none);
  const cards = new Map(); // path to card
  place.append(make("p", "soft", words.about), addForm(look), none, roots);
  let timer = 0;
  async function look() {
    clearTimeout(timer);
    const said = await ask("/api/library");
    none.hidden = said.length > 0;
    for (const [path, card] of cards) {
      if (said.some((root) => root.path === path)) continue;
      card.place.remove();
      cards.delete(path);
    }
    for (const root of said) {
      if (!cards.has(root.path)) {
        cards.set(root.path, rootCard(root.path, look));
        roots.append(cards.get(root.path).place);
      }
      cards.get(root.path).update(root);
    }
    timer = setTimeout(() => look().catch(() => {}), LOOK_MS);
  }
  await look();
  return () => clearTimeout(timer);
}

function addForm(look) {
  const form = make("form", "card fill");
  const path = input("text", "", { required: true, spellcheck: false, id: "share-path" });
  const add = make("button", "strong", words.share);
  const warning = make("p", "bad");
  warning.setAttribute("role", "alert");
  form.append(field(words.path, path), add, warning);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    set(warning, "");
    add.disabled = true;
    try {
      // the folder is remembered at once; hashing goes on also when this page is left
      const sharing = post("/api/share", { path: path.value.trim() });
      setTimeout(() => look().catch(() => {}), 300);
      await sharing;
      path.value = "";
    } catch (error) {
      set(warning, error.message);
    }
    add.disabled = false;
    await look().catch(() => {});
  });
  return form;
}

function rootCard(path, look) {
  const place = make("section", "card root");
  const about = make("p", "about");
  const bar = make("progress");
  const doing = make("p", "about");
  bar.setAttribute("aria-label", words.adding);
  const listed = make("div");
  const show = button("", words.show, () => {
    const open = show.getAttribute("aria-expanded") !== "true";
    show.setAttribute("aria-expanded", String(open));
    listed.hidden = !open;
    if (open && !listed.children.length) listings(listed, path);
  });
  show.setAttribute("aria-expanded", "false");
  const stop = button("quiet danger", words.stop, async () => {
    if (!(await sure(words.stop, words.stopAsk(path), words.stop))) return;
    try {
      await post("/api/unshare", { path });
      await look();
    } catch (error) {
      note(error.message);
    }
  });
  const acts = make("div", "acts");
  acts.append(show, stop);
  place.append(make("h3", "", path), about, bar, doing, acts, listed);
  return {
    place,
    update(root) {
      parts(about, [root.there ? words.listings(number(root.listings)) : words.gone, size(root.bytes)]);
      bar.hidden = doing.hidden = !root.adding;
      if (!root.adding) return;
      bar.max = root.adding.bytes_total || root.adding.total || 1;
      bar.value = root.adding.bytes_total ? root.adding.bytes_done : root.adding.done;
      parts(doing, [words.hashing(number(root.adding.done), number(root.adding.total)), root.adding.name]);
    },
  };
}

function listings(place, path) {
  const wanted = input("search", "", { spellcheck: false });
  const told = make("p", "about");
  told.setAttribute("aria-live", "polite");
  const list = make("ol", "list");
  const more = button("quiet", common.more, () => draw(list.children.length));
  place.append(field(words.look, wanted), told, list, more);
  let timer = 0;
  wanted.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => draw(0), TYPING_MS);
  });
  async function draw(start) {
    try {
      const said = await ask(`/api/library/listings?${new URLSearchParams({ path, words: wanted.value, start, limit: PAGE })}`);
      if (start === 0) list.replaceChildren();
      list.append(...said.listings.map(listing));
      set(told, words.listings(number(said.total)));
      more.hidden = list.children.length >= said.total;
    } catch (error) {
      note(error.message);
    }
  }
  draw(0);
}

function listing(one) {
  const row = make("li");
  const said = [common.kinds[one.kind], size(one.size)];
  if (one.files > 1) said.push(common.files(one.files));
  if (one.peers) said.push(words.fetched(one.peers));
  if (one.up_rate) said.push(`${size(one.up_rate)}/s`);
  const what = make("div");
  what.append(make("div", "title", one.title), parts(make("div", "about"), said), make("div", "about", one.path));
  const acts = make("div", "acts");
  if (["music", "film", "picture"].includes(one.kind)) acts.append(link("button quiet", common.play, `#/play/${one.info_hash}/0`));
  acts.append(button("quiet", common.copy, () => copy(one.link)));
  row.append(what, acts);
  return row;
}
