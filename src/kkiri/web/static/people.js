// People: who is on, whom one follows, has named or blocked; and how one is seen oneself.
import { ask, post } from "/static/api.js";
import { button, copy, field, input, link, make, note, parts, set, style } from "/static/dom.js";
import { number, words as common } from "/static/words.js";
import { words } from "/static/words-people.js";

const LOOK_MS = 20_000; // a presence is told anew every few minutes
const GROUPS = {
  on: (one) => one.on && !one.blocked,
  followed: (one) => one.followed && !one.on && !one.blocked,
  named: (one) => one.petname && !one.followed && !one.on && !one.blocked,
  blocked: (one) => one.blocked,
};

export async function open(place) {
  let timer = 0;
  await style("people.css");
  const groups = Object.keys(GROUPS).map((name) => {
    const section = make("section");
    const heading = make("h3");
    const list = make("ol", "list");
    section.append(heading, list);
    return { name, section, heading, list };
  });
  const rows = new Map(); // npub to row
  const empty = make("p", "empty", words.empty);
  place.append(addForm(), empty, ...groups.map((group) => group.section), ownForm());

  async function look() {
    clearTimeout(timer);
    const people = await ask("/api/people");
    empty.hidden = people.length > 0;
    for (const { name, section, heading, list } of groups) {
      const some = people.filter(GROUPS[name]);
      section.hidden = !some.length;
      set(heading, some.length > 1 ? `${words.groups[name]} ${number(some.length)}` : words.groups[name]);
      const here = some.map((one) => {
        if (!rows.has(one.npub)) rows.set(one.npub, row(one));
        return rows.get(one.npub)(one);
      });
      if (here.some((one, at) => list.children[at] !== one) || list.children.length > here.length) list.replaceChildren(...here);
    }
    timer = setTimeout(() => look().catch(() => {}), LOOK_MS);
  }
  await look();
  return () => clearTimeout(timer);
}

// Makes a row; what it gives brings the row up to date.
function row(first) {
  const place = make("li", "someone");
  const name = link("title", "", `#/person/${first.npub}`);
  name.dataset.act = "people-open";
  const said = make("div", "soft small");
  const what = make("div");
  what.append(name, said);
  const face = portrait(first);
  place.append(face, what);
  return (one) => {
    set(name, nameOf(one));
    marks(said, one);
    face.classList.toggle("on", one.on);
    return place;
  };
}

export const nameOf = (one) => one.petname || one.name || `${one.npub.slice(0, 12)}…`;

export function marks(place, one) {
  const said = [];
  if (one.on) said.push(words.on);
  if (one.followed) said.push(words.followed);
  if (one.petname && one.name && one.name !== one.petname) said.push(words.callsSelf(one.name));
  if (one.blocked) said.push(words.blocked);
  if (one.looks_like) said.push(words.looksLike(one.looks_like));
  return parts(place, said.length ? said : [`${one.npub.slice(0, 16)}…`]);
}

// The picture of a person, or the first letter of the name until there is one.
export function portrait(one, large = "") {
  const place = make("span", `portrait ${large}`, [...nameOf(one)][0]);
  place.setAttribute("aria-hidden", "true");
  const picture = make("img");
  picture.alt = "";
  picture.addEventListener("load", () => place.replaceChildren(picture));
  picture.setAttribute("src", `/api/people/${one.npub}/picture`);
  return place;
}

function addForm() {
  const form = make("form", "line");
  const who = input("text", "", { required: true, spellcheck: false, autocomplete: "off", maxLength: 256 });
  who.dataset.act = "people-who";
  const go = make("button", "strong", words.look);
  go.dataset.act = "people-look";
  form.append(field(words.who, who), go);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    go.disabled = true;
    try {
      const { npub } = await ask(`/api/people/${encodeURIComponent(who.value.trim())}`);
      location.hash = `#/person/${npub}`;
    } catch (error) {
      note(error.message);
    }
    go.disabled = false;
  });
  return form;
}

// How others see this person: published, so only when it is sent off.
function ownForm() {
  const place = make("details");
  const summary = make("summary", "soft", words.me);
  summary.dataset.act = "people-me";
  const form = make("form", "card");
  const name = input("text", "", { maxLength: 256 });
  const about = make("textarea");
  about.rows = 3;
  about.maxLength = 4000;
  const picture = input("text", "", { spellcheck: false, autocomplete: "off" });
  const send = make("button", "strong", words.publish);
  const controls = { name, about, picture, publish: send };
  for (const [key, control] of Object.entries(controls)) control.dataset.act = `people-me-${key}`;
  const npub = make("code");
  const take = button("quiet small", words.copyKey, () => copy(npub.textContent));
  take.dataset.act = "people-me-key";
  const key = make("p", "small");
  key.append(npub, " ", take);
  form.append(field(words.name, name), field(words.aboutMe, about), field(words.picture, picture), send, key);
  place.append(summary, form);
  place.addEventListener("toggle", async () => {
    if (!place.open || npub.textContent) return;
    try {
      const own = await ask("/api/profile");
      set(npub, own.npub);
      name.value = own.name;
      about.value = own.about;
    } catch (error) {
      note(error.message);
    }
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = { name: name.value.trim(), about: about.value };
    if (picture.value.trim()) said.picture_path = picture.value.trim();
    send.disabled = true;
    try {
      await post("/api/profile", said);
      note(words.published);
    } catch (error) {
      note(error.message);
    }
    send.disabled = false;
  });
  return place;
}
