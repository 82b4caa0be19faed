// One conversation: what was said, who is in it, and where one answers.
import { ask, live, post } from "/static/api.js";
import { button, link, make, note, parts, style, sure, title } from "/static/dom.js";
import { recount } from "/static/heard.js";
import { composer, logOf } from "/static/said.js";
import { nameOf } from "/static/talks.js";
import { words } from "/static/words-talk.js";

const TEXT_MAX = 8000; // as the peer takes

export async function open(place, id) {
  await style("talk.css");
  const path = `/api/talks/${encodeURIComponent(id)}`;
  const said = await ask(path);
  let { talk } = said;
  const tell = (work) => work().catch((error) => note(error.message));
  const log = logOf(talk.people.length > 1, async (one) => {
    await tell(() => post("/api/messages/forget", { id: one.id }));
    log.remove(one.id);
  });
  const older = button("quiet", words.older, () => tell(async () => {
    const page = await ask(`${path}?before=${log.first().id}`);
    log.put(page.messages);
    older.hidden = !page.more;
  }));
  older.hidden = !said.more;
  const who = make("p", "soft small");
  const acts = make("div", "acts");
  const { form, box } = composer(TEXT_MAX, async (text) => {
    const one = await post("/api/talks/say", { to: [talk.id], text });
    log.put([one], true);
    if (talk.request) await again();
  });
  const change = (verb, body) => tell(async () => {
    await post(`/api/talks/${verb}`, { talk: talk.id, ...body });
    await again();
  });

  function head() {
    title(place, nameOf(talk));
    who.replaceChildren(...talk.people.flatMap((one, number) => [
      number ? ", " : "", link("", one.name, `#/person/${one.npub}`), one.on ? ` (${words.on})` : "",
      one.looks_like ? ` ${words.looksLike(one.looks_like)}` : "",
    ]));
    acts.replaceChildren();
    if (talk.blocked) acts.append(make("span", "bad", words.blocked));
    if (talk.request) acts.append(parts(make("span"), [words.request]), button("strong", words.accept, () => change("accept")));
    if (talk.request && talk.people.length === 1) {
      acts.append(button("danger", words.block, () => tell(async () => {
        await post("/api/block", { who: talk.people[0].npub, on: true });
        await post("/api/talks/forget", { talk: talk.id });
        location.hash = "#/talks";
      })));
    }
    if (talk.last) {
      acts.append(
        button("quiet", talk.muted ? words.unmute : words.mute, () => change("mute", { on: !talk.muted })),
        button("quiet", words.forget, async () => {
          if (!(await sure(words.forgetSure, words.forgetAbout, words.forget))) return;
          await tell(() => post("/api/talks/forget", { talk: talk.id }));
          location.hash = "#/talks";
        }),
      );
    }
  }

  async function again() {
    const now = await ask(path);
    talk = now.talk;
    log.put(now.messages);
    head();
  }

  async function read() {
    if (document.hidden) return;
    await post("/api/talks/read", { talk: talk.id });
    recount();
  }

  place.append(who, acts, older, log.list, form);
  head();
  log.put(said.messages, true);
  box.focus({ preventScroll: true });
  if (talk.unread) await read();
  const heard = live.on("message", ({ message }) => {
    if (message.talk !== talk.id) return;
    if (log.has(message.id)) log.put([message]);
    else tell(async () => { await again(); await read(); });
  });
  const seen = () => { if (!document.hidden && talk.last) tell(read); };
  document.addEventListener("visibilitychange", seen);
  return () => {
    heard();
    document.removeEventListener("visibilitychange", seen);
  };
}
