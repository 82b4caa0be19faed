// Kept searches: what goes on being looked for, and what was new.
import { ask, live, post } from "/static/api.js";
import { button, link, make, note, parts } from "/static/dom.js";
import { size, when, words as common } from "/static/words.js";
import { words } from "/static/words-kept.js";
import { news, seenAll } from "/static/news.js";

const SHOWN = 20; // new finds of one search

export async function open(place) {
  const list = make("ol", "list kept");
  const notices = button("quiet", words.notices, async () => {
    notices.hidden = (await Notification.requestPermission()) !== "default";
  });
  notices.hidden = !("Notification" in window) || Notification.permission !== "default";
  place.append(make("p", "soft", words.about), list, notices);
  const draw = async () => {
    const kept = await ask("/api/kept");
    list.replaceChildren(...kept.map((search) => row(search, draw)));
    if (!kept.length) list.replaceChildren(make("li", "empty", words.none));
    seenAll();
  };
  await draw();
  return live.on("news", () => draw().catch((error) => note(error.message)));
}

function row(search, draw) {
  const item = make("li");
  const fresh = news().filter((one) => one.kept === search.number);
  const what = make("div");
  what.append(
    link("title", search.words, `#${encodeURIComponent(search.words)}`),
    parts(make("div", "about"), [words.since(when(search.created_at)), words.fresh(fresh.length)]),
  );
  const drop = button("quiet", words.drop, async () => {
    try {
      await post("/api/kept/drop", { number: search.number });
      await draw();
    } catch (error) {
      note(error.message);
    }
  });
  item.append(what, drop);
  if (fresh.length) {
    const finds = make("ul", "fresh");
    for (const { found } of fresh.slice(-SHOWN).reverse()) {
      const find = make("li");
      find.append(link("", found.title, `#${found.info_hash}`), " ", parts(make("span", "about"), [common.kinds[found.kind], size(found.size), found.author_name]));
      finds.append(find);
    }
    item.append(finds);
  }
  return item;
}
