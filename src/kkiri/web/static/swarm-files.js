// The files of a transfer: how far each is, which are wanted, which come first.
import { input, link, make, set } from "/static/dom.js";
import { act, change, plays } from "/static/transfers.js";
import { size, words as common } from "/static/words.js";
import { words } from "/static/words-transfers.js";

const CHUNK = 100; // rows made a frame
const SEND_MS = 500; // after the last tick, so that ten ticks are one change
const SETTLE_MS = 2500; // until the peer's answer has caught up with what was sent

export function filesOf(hash) {
  const place = make("section");
  const heading = make("h3");
  const all = act("files-all", "quiet small", words.allFiles, () => mark(true));
  const none = act("files-none", "quiet small", words.noFiles, () => mark(false));
  const tools = make("div", "acts");
  tools.append(all, none);
  const list = make("ol", "parts");
  place.append(heading, tools, list);
  place.hidden = true;
  const rows = new Map();
  let waiting = [];
  let frame = 0;
  let timer = 0;
  let changedAt = 0;
  let running = false;

  function show(seen, transfer) {
    const { files } = seen;
    running = !transfer?.finished;
    place.hidden = files.length === 0;
    set(heading, common.files(files.length));
    tools.hidden = !running || files.length < 2;
    waiting = files.filter((file) => !rows.has(file.index));
    frame ||= requestAnimationFrame(grow);
    for (const file of files) if (rows.has(file.index)) paint(rows.get(file.index), file);
  }

  function grow() {
    frame = 0;
    for (const file of waiting.splice(0, CHUNK)) {
      const row = add(file);
      rows.set(file.index, row);
      paint(row, file);
    }
    if (waiting.length) frame = requestAnimationFrame(grow);
  }

  function add(file) {
    const row = { place: make("li"), bar: make("progress"), size: make("span", "soft small"), first: null };
    row.tick = input("checkbox", file.wanted);
    row.tick.dataset.act = "transfers-file";
    row.tick.addEventListener("change", later);
    const label = make("label");
    const name = make("span", "", file.path);
    label.append(row.tick, name);
    row.first = act("first", "quiet small", words.first, () => {
      row.first.setAttribute("aria-pressed", String(row.first.getAttribute("aria-pressed") !== "true"));
      row.tick.checked = true;
      later();
    });
    row.first.setAttribute("aria-label", words.firstOf(file.path));
    row.bar.setAttribute("aria-label", words.progress(file.path));
    row.place.append(label, row.size, row.first);
    if (plays(file.path)) {
      const play = link("textlink small", words.play, `#/play/${hash}/${file.index}`);
      play.dataset.act = "transfers-play-file";
      row.place.append(play);
    }
    row.place.append(row.bar);
    list.append(row.place);
    return row;
  }

  function paint(row, file) {
    set(row.size, file.done < file.size ? `${size(file.done)} / ${size(file.size)}` : size(file.size));
    row.bar.hidden = !file.wanted || file.done >= file.size;
    if (!row.bar.hidden) Object.assign(row.bar, { max: file.size || 1, value: file.done });
    row.tick.hidden = !running || rows.size < 2;
    row.tick.disabled = !running;
    row.first.hidden = !running || rows.size < 2 || file.done >= file.size;
    row.place.classList.toggle("unwanted", !file.wanted);
    if (performance.now() - changedAt < SETTLE_MS) return;
    row.tick.checked = file.wanted;
    row.first.setAttribute("aria-pressed", String(file.first));
  }

  function mark(wanted) {
    for (const row of rows.values()) row.tick.checked = wanted;
    if (!wanted && rows.size) rows.values().next().value.tick.checked = true;
    later();
  }

  function later() {
    changedAt = performance.now();
    clearTimeout(timer);
    timer = setTimeout(send, SEND_MS);
  }

  async function send() {
    const wanted = [];
    const first = [];
    for (const [index, row] of rows) {
      if (!row.tick.checked) continue;
      wanted.push(index);
      if (row.first.getAttribute("aria-pressed") === "true") first.push(index);
    }
    changedAt = performance.now();
    const done = wanted.length > 0 && (await change(hash, "choose", { wanted, first }));
    if (!done) changedAt = 0; // refused: show again what the peer goes by
  }

  return {
    place,
    show,
    close() {
      clearTimeout(timer);
      cancelAnimationFrame(frame);
    },
  };
}
