// The settings: each says what it is, where it comes from, and when a change holds.
import { ask, post } from "/static/api.js";
import { button, choose, copy, input, make, note, set, style, sure } from "/static/dom.js";
import { language, size, words as common } from "/static/words.js";
import { words } from "/static/words-settings.js";

export async function open(place) {
  const [rows] = await Promise.all([ask("/api/settings"), style("people.css")]);
  const list = make("ol", "settings");
  const shown = make("ol", "settings");
  for (const row of rows) (row.fixed ? shown : list).append(setting(row));
  const more = make("details");
  const summary = make("summary", "soft", words.fixed);
  summary.dataset.act = "settings-fixed";
  more.append(summary, shown);
  place.append(make("p", "soft", words.about), list, programs(), more);
}

function setting(first) {
  const place = make("li");
  const form = make("form");
  const name = make("h3", "", first.title[language]);
  const about = make("p", "soft small", first.about[language]);
  const state = make("p", "small");
  const save = make("button", "", common.save);
  name.id = `setting-${first.name}`;
  about.id = `about-${first.name}`;
  save.dataset.act = "settings-save";
  save.setAttribute("aria-label", `${common.save}: ${first.title[language]}`);
  const reset = button("quiet", words.reset, () => send(""));
  reset.dataset.act = "settings-reset";
  reset.setAttribute("aria-label", `${words.reset}: ${first.title[language]}`);
  const wrong = make("p", "bad small");
  wrong.setAttribute("role", "alert");
  const control = controlOf(first);
  control.dataset.act = `settings-${first.name}`;
  control.setAttribute("aria-labelledby", name.id);
  control.setAttribute("aria-describedby", about.id);
  const instant = control.type === "checkbox" || control.localName === "select";
  const line = make("div", "line");
  const tick = make("label", "tick");
  if (control.type === "checkbox") tick.append(control);
  line.append(control.type === "checkbox" ? tick : control, instant ? "" : save, reset);
  form.append(name, about, line, state, wrong);
  place.append(form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(valueOf(control));
  });
  if (instant) control.addEventListener("change", () => send(valueOf(control)));

  async function send(value) {
    set(wrong, "");
    save.disabled = true;
    try {
      const row = await post("/api/settings", { name: first.name, value });
      paint(row);
      note(row.live ? words.now : words.later);
    } catch (error) {
      set(wrong, error.message);
    }
    save.disabled = false;
  }

  function paint(row) {
    const value = row.later ?? row.value;
    if (control.type === "checkbox") control.checked = value === "on";
    else control.value = value;
    const said = [];
    if (row.amount) said.push(row.sort === "rate" ? `${size(row.amount)}/s` : size(row.amount));
    if (row.later !== null) said.push(words.waits(show(row, row.value)));
    if (row.source) said.push(words.from(row.source));
    if (value !== row.default) said.push(words.default(show(row, row.default)));
    set(state, said.join(" · "));
    reset.hidden = row.fixed || row.source === "";
    control.disabled = row.fixed;
    save.hidden = row.fixed;
  }
  paint(first);
  return place;
}

const show = (row, value) => (row.sort === "flag" ? words[value] : words.choices[row.name]?.[value] ?? (value || words.none));
const valueOf = (control) => (control.type !== "checkbox" ? control.value.trim() : control.checked ? "on" : "off");

function controlOf(row) {
  if (row.sort === "flag") return input("checkbox");
  if (row.sort === "choice") return choose(row.choices.map((value) => [value, show(row, value)]), row.value);
  const plain = row.sort === "port" ? { inputMode: "numeric" } : {};
  return input("text", "", { spellcheck: false, autocomplete: "off", ...plain });
}

// What other programs come in with, and where: shown only when it is asked for.
function programs() {
  const place = make("section", "card");
  const list = make("dl", "addresses");
  const acts = make("div", "acts");
  const act = (name, className, text, does) => {
    const element = button(className, text, () => does().catch((error) => note(error.message)));
    element.dataset.act = `settings-programs-${name}`;
    return element;
  };
  const open = act("show", "", words.show, async () => tell(await ask("/api/other-programs")));
  const renew = act("renew", "quiet", words.renew, async () => {
    if (await sure(words.renew, words.renewAbout, words.renew)) tell(await post("/api/other-programs/renew"));
  });
  renew.hidden = true;
  acts.append(open, renew);
  place.append(make("h3", "", words.programs), make("p", "soft small", words.programsAbout), list, acts);

  function tell(said) {
    list.replaceChildren(...Object.entries(said).flatMap(([name, text]) => {
      const value = make("dd");
      const take = act("copy", "quiet small", words.copy, () => copy(text));
      take.setAttribute("aria-label", `${words.copy}: ${words.addresses[name] ?? name}`);
      value.append(make("code", "", text), take);
      return [make("dt", "soft", words.addresses[name] ?? name), value];
    }));
    open.hidden = true;
    renew.hidden = false;
  }
  return place;
}
