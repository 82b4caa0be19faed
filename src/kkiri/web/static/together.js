// Watching together: #/together/ID, the film in step with the others, and talk beside it.
import { ask, live, post } from "/static/api.js";
import { button, copy, field, input, make, note, set, style, title } from "/static/dom.js";
import { keyTable } from "/static/play.js";
import { playable, player } from "/static/player.js";
import { step } from "/static/together-step.js";
import { words } from "/static/words-together.js";

const LINE_CHARS_MAX = 500;
const NAME_CHARS_MAX = 60;

export async function open(place, id) {
  const path = `/api/together/${id}`;
  const wait = make("p", "empty", words.looking);
  let showing;
  try {
    showing = await ask(path);
  } catch (error) {
    if (!error.refusal) throw error;
    place.append(make("p", "empty", error.message));
    return () => {};
  }
  const beside = make("div", "beside");
  const film = make("div", "film");
  const company = companyOf(path, () => showing);
  beside.append(film, company.place);
  film.append(wait);
  place.append(beside);
  await style("play.css");
  company.show(showing);
  title(place, showing.name || words.nameless);
  const ends = [];
  let shut = false;
  ends.push(live.on("together", (said) => {
    if (said.id !== id) return;
    showing = said;
    company.show(said);
    pace?.take(said);
  }));
  let pace = null;
  start().catch((error) => {
    if (!shut) set(wait, error.message);
  });

  async function start() {
    const answer = await post("/api/play", { link: showing.film });
    if (shut) return;
    if (!answer.files.some(playable)) {
      set(wait, words.nothing);
      return;
    }
    wait.remove();
    const one = player(film, answer, {
      exact: true,
      moved: (to) => pace.act({ doing: "pause", file: to, position: 0 }),
    });
    ends.push(() => one.close());
    const first = showing.course?.file;
    const index = answer.files.some((file) => file.index === first && playable(file))
      ? first : answer.files.find(playable).index;
    one.open(index, 0, false);
    pace = step(one, showing, { otherFile: (to, at) => one.open(to, at, false) });
    ends.push(() => pace.close());
    film.append(keyTable());
  }

  return () => {
    shut = true;
    for (const end of ends) end();
  };
}

// Who watches and what they say.
function companyOf(path, showing) {
  const place = make("aside", "company card");
  const heading = make("h3", "", words.company);
  const members = make("ul", "members");
  const talk = make("ol", "talk");
  const state = make("p", "soft small");
  state.setAttribute("role", "status");
  talk.setAttribute("aria-live", "polite");
  talk.setAttribute("aria-label", words.talk);
  const drawn = new Set();
  let known = null;

  const say = (text) => post(`${path}/say`, { text });
  const line = input("text", "", { maxLength: LINE_CHARS_MAX, placeholder: words.say, autocomplete: "off" });
  line.setAttribute("aria-label", words.say);
  line.dataset.act = "together-line";
  const send = make("button", "strong", words.send);
  send.type = "submit";
  send.dataset.act = "together-send";
  const form = make("form");
  form.append(line, send);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = line.value.trim();
    if (!text) return;
    line.value = "";
    try {
      await say(text);
    } catch (error) {
      line.value = text;
      note(error.message);
    }
  });

  const invite = button("strong", words.invite, () => copy(showing().link));
  invite.dataset.act = "together-invite";
  const leave = button("quiet", words.leave, async () => {
    try {
      await post(`${path}/leave`);
    } catch (error) {
      note(error.message);
    }
    location.hash = "";
  });
  leave.dataset.act = "together-leave";
  const name = input("text", "", { maxLength: NAME_CHARS_MAX, autocomplete: "off" });
  name.dataset.act = "together-name";
  name.addEventListener("change", () => {
    post(`${path}/name`, { name: name.value }).catch((error) => note(error.message));
  });
  const more = make("details");
  const summary = make("summary", "", words.more);
  summary.dataset.act = "together-more";
  more.append(summary, field(words.name, name), make("p", "soft small", words.promise));
  const acts = make("div", "acts");
  acts.append(invite, leave);
  const head = make("div", "head");
  head.append(heading, acts);
  place.append(head, membersBox(), talk, form, more);

  function membersBox() {
    const box = make("div");
    box.append(members, state);
    return box;
  }

  function drawMembers(said) {
    members.replaceChildren(...said.members.map((one) => {
      const row = make("li");
      row.append(make("span", "name", nameOf(one)), make("span", "how", how(one)));
      return row;
    }));
    const told = said.hubs === 0 ? words.noHub : said.members.length === 1 ? words.alone : whose(said);
    set(state, told);
  }

  // Who acted last, told when it changes.
  function whose(said) {
    const { course } = said;
    if (!course) return "";
    const by = said.members.find((one) => one.key === course.by);
    if (!by || by.me) return "";
    return words.acts[course.doing](nameOf(by));
  }

  function drawTalk(said) {
    const low = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 40;
    let fresh = false;
    for (const one of said.lines) {
      const key = `${one.key}/${one.number}`;
      if (drawn.has(key)) continue;
      drawn.add(key);
      fresh = true;
      const row = make("li", one.mine ? "mine" : "");
      row.append(make("span", "name", one.name || words.guest(one.key.slice(0, 4))), make("span", "", one.text));
      talk.append(row);
    }
    if (fresh && low) talk.scrollTop = talk.scrollHeight;
  }

  return {
    place,
    show(said) {
      const mine = said.members.find((one) => one.me);
      if (document.activeElement !== name) name.value = mine?.name ?? "";
      const shape = JSON.stringify([said.members.map((one) => [one.key, one.name, one.waiting, how(one)]), said.hubs, whose(said)]);
      if (shape !== known) drawMembers(said);
      known = shape;
      drawTalk(said);
    },
  };
}

function nameOf(one) {
  const name = one.name || words.guest(one.key.slice(0, 4));
  return one.me ? words.me(name) : name;
}

function how(one) {
  if (one.waiting) return words.waiting;
  if (one.me || one.drift === null) return "";
  const apart = Math.abs(one.drift) / 1000;
  return apart < 0.3 ? words.inStep : words.apart(apart.toFixed(1));
}
