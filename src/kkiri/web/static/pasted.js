// What was pasted into the box is taken for what it is: a link, a key, a hub, a room.
import { ask, post } from "/static/api.js";
import { button, make, note } from "/static/dom.js";
import { words } from "/static/words-results.js";

const FORMS = [
  /^(magnet:|nostr:|kkiri:|wss?:\/\/)/i,
  /^(npub|nprofile|note|nevent|naddr|together)1[02-9ac-hj-np-z]{20,}$/i,
  /^([0-9a-f]{40}|[0-9a-f]{64}|[A-Z2-7]{32})$/,
  /^([0-9A-F]{40}|[0-9A-F]{64})$/,
  /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-fA-F:]+\]):\d{2,5}$/,
];

export const special = (text) => FORMS.some((form) => form.test(text.trim()));

// Fills `place` or gives a find to show; `stale` tells whether the box says something else by now.
export async function takePasted(text, place, stale, tellFind) {
  const said = await ask(`/api/pasted?${new URLSearchParams({ text })}`);
  if (stale()) return true;
  switch (said.sort) {
    case "torrent":
      tellFind(await findOf(said));
      return true;
    case "person":
      location.replace(`#/person/${said.link}`);
      return true;
    case "hub":
      place.replaceChildren(card(words.hubFound, words.hubCall, () => call(said.link), said.link));
      return true;
    case "together":
      place.replaceChildren(card(words.showing(said.name), words.join, () => join(said.link)));
      return true;
    case "thing": {
      const { read } = await import("/static/things.js");
      await read(said.link);
      return true;
    }
    default:
      return false;
  }
}

// What hubs know of the torrent, or the little that the link says.
async function findOf(said) {
  try {
    return { ...(await ask(`/api/found/${said.info_hash}`)), link: said.link };
  } catch (error) {
    if (!error.refusal) throw error;
  }
  return {
    link: said.link, title: said.name || said.info_hash, kind: "other", size: said.size ?? 0,
    info_hash: said.info_hash, author: "", author_name: words.pasted, confirmed: 1, sources: 0,
    created_at: Date.now() / 1000, artist: null, album: null, duration: null, lang: null,
    files: [], files_total: 0, followed: false, on: 0, looks_like: "", near: false,
  };
}

function card(text, act, go, more = "") {
  const place = make("div", "card acts");
  const said = make("p", "grow", text);
  if (more) said.append(make("br"), make("code", "small", more));
  place.append(said, button("strong", act, go));
  return place;
}

async function call(address) {
  try {
    await post("/api/hubs", { address });
    note(words.hubCalled);
  } catch (error) {
    note(error.message);
  }
}

async function join(link) {
  try {
    const { id } = await post("/api/together", { link });
    location.hash = `#/together/${id}`;
  } catch (error) {
    note(error.message);
  }
}
