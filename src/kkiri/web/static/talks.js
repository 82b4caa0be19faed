// Conversations, rooms, requests and what happened, each a list; and where new ones begin.
import { ask, live, post } from "/static/api.js";
import { field, input, link, make, note, parts, style } from "/static/dom.js";
import { recount } from "/static/heard.js";
import { apart, number, when } from "/static/words.js";
import { words } from "/static/words-talk.js";

const WAIT_MS = 300;

export const nameOf = (talk) => talk.subject || talk.people.map((one) => one.name).join(", ");

export async function open(place) {
  await style("talk.css");
  const begin = make("div", "talkers");
  begin.append(
    asking(words.write, words.whom, words.begin, (text) => `#/talk/${encodeURIComponent(text)}`),
    asking(words.enterRoom, words.roomName, words.enter, async (text) => {
      const room = await post("/api/rooms/enter", { room: text });
      return `#/room/${room.id}`;
    }),
  );
  const lists = make("div", "talks view");
  place.append(begin, lists);
  const draw = async () => {
    const [talks, rooms, notices] = await Promise.all([ask("/api/talks"), ask("/api/rooms"), ask("/api/notices")]);
    const known = talks.filter((one) => !one.request && (one.last || one.unread));
    lists.replaceChildren(
      ...part(words.requests, talks.filter((one) => one.request && !one.blocked).map(talkRow), words.aboutRequests),
      ...part(words.talks, known.map(talkRow)),
      ...part(words.rooms, rooms.map(roomRow)),
      ...part(words.notices, notices.slice(0, 30).map(noticeRow)),
    );
    if (!lists.children.length) lists.append(make("p", "empty", words.none));
    if (known.length) lists.append(searching());
    const fresh = notices.filter((one) => !one.read);
    if (fresh.length && !document.hidden) {
      await post("/api/notices/read", { until: Math.max(...notices.map((one) => one.number)) });
      recount();
    }
  };
  let timer = 0;
  const again = () => { // several at once are drawn once
    clearTimeout(timer);
    timer = setTimeout(() => draw().catch((error) => note(error.message)), WAIT_MS);
  };
  await draw();
  const ends = [live.on("message", again), live.on("notice", again), () => clearTimeout(timer)];
  return () => ends.forEach((end) => end());
}

// A form of one line that leads to a place of the page.
function asking(name, hint, act, to) {
  const form = make("form");
  const box = input("text", "", { maxLength: 256, placeholder: hint, spellcheck: false, required: true });
  const go = make("button", "", act);
  form.append(field(name, box), go);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      location.hash = await to(box.value.trim());
    } catch (error) {
      note(error.message);
    }
  });
  return form;
}

function part(name, rows, about) {
  if (!rows.length) return [];
  const list = make("ul");
  list.append(...rows);
  const section = make("section");
  section.append(make("h3", "", name), ...(about ? [make("p", "soft small", about)] : []), list);
  return [section];
}

function row(to, name, marks, line, badge) {
  const item = make("li", "row");
  const what = make("div", "what");
  what.append(link("title", name, to), parts(make("div", "about last"), [...marks, line].filter(Boolean)));
  item.append(what);
  if (badge) item.append(make("span", "badge", badge));
  return item;
}

function talkRow(talk) {
  const marks = talk.last ? [when(talk.last.at)] : [];
  if (talk.people.length > 1) marks.push(words.group(talk.people.length + 1));
  else if (talk.people[0].on) marks.push(words.on);
  if (talk.people[0].looks_like) marks.push(words.looksLike(talk.people[0].looks_like));
  const line = talk.last ? `${talk.last.mine ? `${words.you}: ` : ""}${apart(talk.last.text)}` : "";
  return row(`#/talk/${talk.id}`, nameOf(talk), marks, line, talk.unread ? words.unread(number(talk.unread)) : "");
}

const roomRow = (room) => row(`#/room/${room.id}`, `# ${apart(room.name)}`, [], "", room.unread ? words.unread(number(room.unread)) : "");

function noticeRow(one) {
  const text = one.kind === "follows" ? words.follows(one.name) : words.published(one.name, one.things, one.title);
  const to = one.link ? `#${encodeURIComponent(one.link)}` : `#/person/${one.who}`;
  return row(to, text, [when(one.at)], "", one.read ? "" : words.unread(1));
}

function searching() {
  const section = make("section");
  const found = make("ul");
  const box = input("search", "", { maxLength: 256 });
  box.addEventListener("change", async () => {
    const text = box.value.trim();
    try {
      const hits = text ? await ask(`/api/messages?words=${encodeURIComponent(text)}`) : [];
      found.replaceChildren(...hits.map((one) => row(`#/talk/${one.talk}`, one.text.slice(0, 120), [when(one.at)], one.mine ? words.you : one.author_name)));
      if (text && !hits.length) found.append(make("li", "soft", words.nothing));
    } catch (error) {
      note(error.message);
    }
  });
  found.setAttribute("aria-label", words.found);
  section.append(field(words.find, box), found);
  return section;
}
