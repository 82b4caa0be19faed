// The parts that conversations and rooms share: what was said as a log, and the composer.
import { button, field, link, make, note } from "/static/dom.js";
import { plain, when } from "/static/words.js";
import { words } from "/static/words-talk.js";

const LINKS = /(magnet:\?[^\s<>"']+|(?:nostr:)?(?:npub1|nprofile1|nevent1|naddr1)[02-9ac-hj-np-z]{20,1000})/g;
const LATE = 30 * 86400; // seconds; the peer no longer tries
const FAR = 80; // pixels from the end of the log: whoever reads there does not want to be moved

// Fills an element with a text; what kkiri can open becomes a link inside this page.
export function say(element, text) {
  for (const part of plain(text).split(LINKS)) {
    if (part.startsWith("magnet:")) {
      const name = new URLSearchParams(part.slice(8)).get("dn");
      element.append(link("", name || part.slice(0, 60), `#${encodeURIComponent(part)}`));
    } else if (/^(nostr:)?(npub|nprofile)1/.test(part)) {
      element.append(link("", `${part.replace("nostr:", "").slice(0, 16)}…`, `#/person/${part.replace("nostr:", "")}`));
    } else if (/^(nostr:)?(nevent|naddr)1/.test(part)) {
      element.append(link("", `${part.replace("nostr:", "").slice(0, 16)}…`, `#${encodeURIComponent(part)}`));
    } else if (part) {
      element.append(part);
    }
  }
  return element;
}

// The log of a conversation: `put` adds or changes messages by their id and keeps them in order.
export function logOf(named, drop) {
  const list = make("div", "log");
  list.setAttribute("role", "log");
  list.setAttribute("aria-label", words.log);
  const shown = new Map();
  const draw = (item, one) => {
    item.classList.toggle("mine", one.mine);
    const foot = make("div", "foot");
    const marks = [one.mine ? words.you : one.author_name, when(one.at)];
    if (one.mine && one.talk) marks.push(!one.waiting ? words.delivered(one.hubs) : Date.now() / 1000 - one.at > LATE ? words.lost : words.waiting);
    if (named && !one.mine) foot.append(link("", one.author_name, `#/person/${one.author}`), make("span", "", marks[1]));
    else foot.append(make("span", "", (one.mine ? marks.slice(1) : marks).join(" · ")));
    if (drop) {
      const away = button("quiet", "×", () => drop(one));
      away.setAttribute("aria-label", words.drop);
      foot.append(away);
    }
    item.replaceChildren(say(make("div", "said"), one.text), foot);
  };
  return {
    list,
    put(messages, toEnd) {
      const stay = list.scrollHeight - list.scrollTop - list.clientHeight < FAR;
      for (const one of messages) {
        const known = shown.get(one.id);
        const item = known?.item ?? make("article");
        const at = known?.one.at ?? one.at;
        // news of our own message come without the names that were known before
        draw(item, known ? { ...one, author_name: known.one.author_name } : one);
        shown.set(one.id, { item, one: { ...one, at } });
        if (known) continue;
        const later = [...shown.values()].filter((other) => other.item !== item && other.one.at > one.at);
        const next = later.sort((left, right) => left.one.at - right.one.at)[0];
        list.insertBefore(item, next?.item ?? null);
      }
      if (stay || toEnd) list.scrollTop = list.scrollHeight;
    },
    remove(id) {
      shown.get(id)?.item.remove();
      shown.delete(id);
    },
    first: () => list.firstElementChild && [...shown.values()].find((one) => one.item === list.firstElementChild).one,
    has: (id) => shown.has(id),
  };
}

// Where one writes: Enter sends, but not the Enter that ends a syllable of Korean.
export function composer(most, send) {
  const form = make("form", "composer");
  const box = make("textarea");
  box.rows = 2;
  box.maxLength = most;
  box.setAttribute("aria-describedby", "send-how");
  const how = make("p", "soft small", words.sendHow);
  how.id = "send-how";
  const act = make("button", "strong", words.send);
  act.dataset.act = "talk-send";
  const go = async () => {
    const text = box.value.trim();
    if (!text || act.disabled) return;
    act.disabled = true;
    box.value = "";
    try {
      await send(text);
    } catch (error) {
      box.value ||= text;
      note(error.message);
    } finally {
      act.disabled = false;
      box.focus();
    }
  };
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    go();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go();
  });
  form.append(field(words.message, box), act, how);
  return { form, box };
}
