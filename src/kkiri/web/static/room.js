// One public room: what is said, who is there, and where one speaks after entering.
import { apart } from "/static/words.js";
import { ask, live, post } from "/static/api.js";
import { button, copy, link, make, note, style, title } from "/static/dom.js";
import { recount } from "/static/heard.js";
import { composer, logOf } from "/static/said.js";
import { words } from "/static/words-talk.js";

const TEXT_MAX = 2000; // as the peer takes

export async function open(place, id) {
  await style("talk.css");
  const path = `/api/rooms/${encodeURIComponent(id)}`;
  let room = await ask(path);
  const tell = (work) => work().catch((error) => note(error.message));
  const log = logOf(true);
  const about = make("p");
  const who = make("p", "soft small");
  const members = make("ul", "members");
  members.setAttribute("aria-label", words.who);
  const acts = make("div", "acts");
  const leftOut = make("p", "soft small");
  const { form } = composer(TEXT_MAX, async (text) => log.put([await post("/api/rooms/say", { room: room.id, text })], true));
  const change = (verb, body) => tell(async () => {
    await post(`/api/rooms/${verb}`, { room: room.id, ...body });
    await again();
  });

  function draw() {
    title(place, `# ${apart(room.name)}`);
    about.textContent = "";
    about.append(make("span", "", room.about), room.about ? " " : "", make("span", "soft", words.about));
    const on = room.members.filter((one) => one.on).length;
    who.textContent = words.members(room.members.length, on);
    members.replaceChildren(...room.members.map((one) => {
      const item = make("li");
      item.append(link(one.on ? "on" : "", one.looks_like ? `${apart(one.name)} (${words.looksLike(one.looks_like)})` : one.name, `#/person/${one.npub}`));
      return item;
    }));
    acts.replaceChildren();
    if (room.entered) acts.append(
      button("quiet", room.muted ? words.unmute : words.mute, () => change("mute", { on: !room.muted })),
      button("quiet", words.leave, () => change("leave")),
    );
    else acts.append(button("strong", words.enter, () => tell(async () => {
      await post("/api/rooms/enter", { room: room.id });
      await again();
    })));
    acts.append(button("quiet", words.copyRoom, () => copy(room.link)));
    form.hidden = !room.entered;
    leftOut.hidden = !room.left_out;
    leftOut.textContent = words.leftOut(room.left_out);
  }

  async function again() {
    room = await ask(path);
    draw();
    log.put(room.messages);
    await read();
  }

  async function read() {
    if (document.hidden || !room.entered) return;
    await post("/api/rooms/read", { room: room.id });
    recount();
  }

  place.append(about, acts, log.list, leftOut, form, who, members);
  draw();
  log.put(room.messages, true);
  if (room.unread) await read();
  const heard = live.on("message", ({ message }) => {
    if (message.room !== room.id || log.has(message.id)) return;
    const known = room.members.find((one) => one.npub === message.author);
    if (known || message.mine) log.put([{ ...message, author_name: known?.name ?? message.author_name }]);
    else tell(again);
    tell(read);
  });
  return heard;
}
