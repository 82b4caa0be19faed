// What stands behind a find once it is opened: its facts, its files to choose from, and all acts.
import { ask, post } from "/static/api.js";
import { button, copy, dialog, field, input, link, make, note, parts, set, sure } from "/static/dom.js";
import { apart, length, number, size, when, words as common } from "/static/words.js";
import { words } from "/static/words-details.js";

const FILES_FIRST = 100; // as many as are looked through without asking for more

export function fillDetails(place, find, { get, play }) {
  const chosen = new Map(); // path to bytes
  const acts = make("div", "acts");
  const some = button("strong", "", () => get({ only: [...chosen.keys()] }));
  some.hidden = true;
  acts.append(
    some,
    button("", words.elsewhere, () => elsewhere(get, chosen)),
    button("", common.copy, () => copy(find.link)),
  );
  if (find.author) {
    acts.append(
      link("button", words.library, `#/person/${find.author}`),
      link("button", words.talk, `#/talk/${find.author}`),
      button("quiet", words.report, () => report(find)),
      button("quiet danger", words.block, () => block(find)),
    );
  }
  const files = make("div");
  place.append(factsOf(find));
  if (find.description) place.append(make("p", "prose", find.description));
  place.append(files, acts);
  if (find.files_total > 1) listFiles(files, find, play, (file, on) => {
    if (on) chosen.set(file.path, file.size);
    else chosen.delete(file.path);
    const bytes = [...chosen.values()].reduce((sum, one) => sum + one, 0);
    some.hidden = chosen.size === 0;
    set(some, words.getSome(number(chosen.size), size(bytes)));
  });
}

function factsOf(find) {
  const said = [
    [words.artist, find.artist],
    [words.album, find.album],
    [words.length, find.duration && length(find.duration)],
    [words.picture, find.width && find.height && `${find.width} × ${find.height}`],
    [words.sound, [find.codec, find.bitrate && `${Math.round(find.bitrate / 1000)} kbit/s`].filter(Boolean).map(apart).join(" · ")],
    [words.topics, find.topics?.join(", ")],
    [words.since, when(find.created_at)],
    [words.hash, find.info_hash],
  ];
  const list = make("dl");
  for (const [name, value] of said) if (value) list.append(make("dt", "", name), make("dd", "", value));
  return list;
}

async function listFiles(place, find, play, choose) {
  set(place, common.loading);
  try {
    const { files, files_total: total } = await ask(`/api/found/${find.info_hash}`);
    const list = make("ol", "files");
    const draw = (from, to) => list.append(...files.slice(from, to).map((file) => fileRow(file, play, choose)));
    draw(0, FILES_FIRST);
    place.replaceChildren(list);
    if (files.length > FILES_FIRST) {
      const rest = button("quiet", words.all(number(total)), () => {
        draw(FILES_FIRST, files.length);
        rest.remove();
      });
      place.append(rest);
    }
  } catch (error) {
    set(place, error.message);
  }
}

function fileRow(file, play, choose) {
  const row = make("li");
  const box = input("checkbox", false);
  box.addEventListener("change", () => choose(file, box.checked));
  const label = make("label");
  label.append(box, parts(make("span"), [file.path, size(file.size)]));
  row.append(label);
  if (/\.(mp3|flac|og[gav]|opus|m4[abv]|aac|wav|mp4|mkv|webm|avi|mov|wmv|mpe?g|ts|jpe?g|png|gif|webp)$/i.test(file.path)) {
    row.append(button("quiet", common.play, () => play(file.path)));
  }
  return row;
}

async function elsewhere(get, chosen) {
  const to = await dialog(words.elsewhere, (box, close) => {
    const path = input("text", "", { required: true, spellcheck: false });
    const form = make("form", "fill");
    form.append(field(words.folder, path), button("", common.cancel, () => close()), make("button", "strong", common.get));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      close(path.value);
    });
    box.append(form);
  });
  if (to) get(chosen.size ? { to, only: [...chosen.keys()] } : { to });
}

async function report(find) {
  try {
    const { reportIt } = await import("/static/person.js");
    await reportIt(find.link, { who: find.author });
  } catch (error) {
    note(error.message);
  }
}

async function block(find) {
  if (!(await sure(words.block, words.blockAsk(find.author_name || common.unknown), words.block))) return;
  try {
    await post("/api/block", { who: find.author, on: true });
    dispatchEvent(new CustomEvent("blocked", { detail: find.author }));
    note(words.blocked);
  } catch (error) {
    note(error.message);
  }
}
