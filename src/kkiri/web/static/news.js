// New finds of the kept searches: counted in the corner until somebody looks, told by a notice.
import { live } from "/static/api.js";
import { count } from "/static/corner.js";
import { plain } from "/static/words.js";

const SEEN_MAX = 400; // twice what the peer holds for a page that opens later
const KEY = "kkiri seen";
const told = new Map(); // kept number and info-hash to the news
let seen = new Set();

export const news = () => [...told.values()];

export function watchNews() {
  seen = new Set(JSON.parse(localStorage.getItem(KEY) ?? "[]"));
  live.on("news", (one) => {
    const key = `${one.kept} ${one.found.info_hash}`;
    if (told.has(key)) return;
    told.set(key, one);
    tellCorner();
    if (!seen.has(key) && document.hidden) notice(one);
  });
}

// Everything was looked at.
export function seenAll() {
  for (const key of told.keys()) seen.add(key);
  seen = new Set([...seen].slice(-SEEN_MAX));
  localStorage.setItem(KEY, JSON.stringify([...seen]));
  tellCorner();
}

function tellCorner() {
  count("kept", [...told.keys()].filter((key) => !seen.has(key)).length);
}

async function notice(one) {
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  const { words } = await import("/static/words-kept.js");
  new Notification(words.notice(plain(one.words)), { body: plain(one.found.title), tag: `kkiri ${one.kept}` });
}
