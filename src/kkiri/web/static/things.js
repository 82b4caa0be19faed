// What is found that is no torrent: persons, goods, auctions, texts. Shown, never rendered.
import { ask } from "/static/api.js";
import { button, dialog, link, make, note, parts } from "/static/dom.js";
import { language, plain, when, words as common } from "/static/words.js";
import { words } from "/static/words-results.js";

export function thingRow(thing) {
  const row = make("li", "thing row");
  row.tabIndex = 0;
  const person = thing.kind === "person";
  const open = () => (person ? goTo(thing) : read(thing.pointer));
  const title = person ? link("title", thing.title, `#/person/${thing.author}`) : button("title", thing.title, open);
  const about = parts(make("div", "about"), facts(thing));
  const what = make("div", "what");
  what.append(title, about);
  if (thing.summary) what.append(make("div", "summary", thing.summary));
  if (!person) what.append(who(thing));
  row.append(what);
  row.addEventListener("keydown", (event) => {
    if (event.target === row && event.key === "Enter") open();
  });
  return row;
}

const goTo = (thing) => { location.hash = `#/person/${thing.author}`; };

function facts(thing) {
  const said = [words.one[thing.kind] ?? common.kinds[thing.kind]];
  if (thing.price) said.push(thing.kind === "auction" ? words.from(money(thing.price)) : money(thing.price));
  if (thing.ends_at) {
    const past = thing.ends_at * 1000 < Date.now();
    said.push((past ? words.ended : words.ends)(when(thing.ends_at)));
  }
  if (thing.sold) said.push(words.sold);
  if (thing.place) said.push(thing.place);
  if (thing.followed) said.push(words.followed);
  if (thing.kind === "person" && thing.on) said.push(words.nowOn);
  if (thing.looks_like) said.push(words.looksLike(plain(thing.looks_like)));
  return said;
}

function who(thing) {
  const place = make("div", "who");
  place.append(link("", thing.author_name || common.unknown, `#/person/${thing.author}`), ` · ${when(thing.created_at)}`);
  return place;
}

// An amount as its author wrote it; only how it is set out follows the reader's language.
function money({ amount, currency, every }) {
  if (Number(amount) === 0) return words.free;
  let said;
  try {
    said = new Intl.NumberFormat(language, { style: "currency", currency, maximumFractionDigits: 8, minimumFractionDigits: 0 }).format(amount);
  } catch {
    said = `${amount} ${currency}`;
  }
  return every ? words.price(said, words.every[every]) : said;
}

// Opens one in full.
export async function read(pointer) {
  try {
    const thing = await ask(`/api/thing?${new URLSearchParams({ pointer })}`);
    await dialog(thing.title, (box, close) => {
      box.classList.add("reading");
      const shut = button("", common.close, () => close());
      box.append(parts(make("p", "about"), facts(thing)), who(thing));
      box.append(make("div", "prose", thing.text || thing.summary));
      if (thing.kind !== "text") box.append(make("p", "small soft", words.readOnly));
      box.append(shut);
      shut.autofocus = true;
    });
  } catch (error) {
    note(error.message);
  }
}
