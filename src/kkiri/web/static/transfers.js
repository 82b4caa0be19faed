// What is being fetched and what is here: a row each, changed in place so that focus and reading
// stay. Only rows in sight are drawn, a few milliseconds a frame.
import { live, post } from "/static/api.js";
import { button, link, make, note, parts, set, style, sure } from "/static/dom.js";
import { speedGraph } from "/static/transfers-speed.js";
import { length, number, size } from "/static/words.js";
import { words } from "/static/words-transfers.js";

const FRAME_MS = 8; // of 16: the rest of the frame is the browser's
const PLAYS = /\.(mp3|flac|ogg|oga|opus|m4a|m4b|aac|wav|wma|ape|mp4|m4v|mkv|webm|avi|mov|mpe?g|ts|wmv|flv|ogv)$/i;

export const plays = (name) => PLAYS.test(name);

export async function open(place, hash) {
  await style("transfers.css");
  if (hash) return (await import("/static/swarm.js")).openOne(place, hash);
  return openList(place);
}

// Gives a button that is found by its name in tests and by scripts.
export function act(name, className, text, does) {
  const element = button(className, text, does);
  element.dataset.act = `transfers-${name}`;
  return element;
}

export async function told(work) {
  try {
    return await work();
  } catch (error) {
    note(error.message);
    return undefined;
  }
}

const path = (hash, verb) => `/api/transfers/${hash}/${verb}`;
export const change = (hash, verb, body) => told(() => post(path(hash, verb), body));

export async function drop(transfer) {
  const { finished, info_hash: hash, name } = transfer;
  if (!finished && !(await sure(words.cancelSure, words.cancelAbout(name), words.cancelDo))) return false;
  return (await change(hash, "cancel")) !== undefined;
}

// The line below a name: state, how far, how fast.
export function saying(transfer) {
  const { state, error, size: total, done, finished } = transfer;
  const said = [error ? words.errors[error] ?? error : words.states[state] ?? state];
  if (finished) said.push(size(total || done));
  else if (total) said.push(`${Math.floor((100 * done) / total)}%`, `${size(done)} / ${size(total)}`);
  if (transfer.down_rate) said.push(`↓ ${size(transfer.down_rate)}/s`);
  if (transfer.up_rate) said.push(`↑ ${size(transfer.up_rate)}/s`);
  if (transfer.peers) said.push(words.peers(transfer.peers));
  if (transfer.seconds_left !== null) said.push(words.left(length(transfer.seconds_left)));
  return said;
}

export const stopped = ({ state }) => state === "paused" || state === "failed" || state === "waiting";

// Shows a transfer's progress on a bar and on the button that stops it or lets it go on.
export function paintBar(bar, pause, transfer) {
  const { size: total, done, finished, name, state } = transfer;
  bar.hidden = finished;
  if (!total) bar.removeAttribute("value");
  else if (bar.max !== total || bar.value !== done) Object.assign(bar, { max: total, value: done });
  bar.setAttribute("aria-label", words.progress(name));
  pause.hidden = finished;
  set(pause, state === "failed" ? words.retry : stopped(transfer) ? words.resume : words.pause);
}

function openList(place) {
  const rows = new Map();
  const queue = new Set();
  let all = new Map();
  let frame = 0;
  const graph = speedGraph();
  const tools = make("div", "acts");
  const going = part(words.going);
  const done = part(words.here);
  const empty = make("p", "empty", words.empty);
  empty.hidden = true;
  const each = (which, verb) => [...all.values()].filter(which).map((one) => change(one.info_hash, verb));
  const pauseAll = act("pause-all", "quiet", words.pauseAll, () => each((one) => !one.finished, "pause"));
  const resumeAll = act("resume-all", "quiet", words.resumeAll, () => each((one) => !one.finished, "resume"));
  const clear = act("clear", "quiet", words.clear, async () => {
    if (await sure(words.clear, words.clearAbout, words.clear)) each((one) => one.finished, "cancel");
  });
  tools.append(pauseAll, resumeAll, clear);
  place.append(graph.place, tools, going.place, done.place, empty);

  const eye = new IntersectionObserver((seen) => {
    for (const { target, isIntersecting } of seen) {
      const row = rows.get(target.dataset.hash);
      if (!row) continue;
      row.seen = isIntersecting;
      if (isIntersecting) ask(target.dataset.hash);
    }
  }, { rootMargin: "300px" });

  function ask(hash) {
    queue.add(hash);
    frame ||= requestAnimationFrame(draw);
  }

  function draw() {
    frame = 0;
    const end = performance.now() + FRAME_MS;
    for (const hash of queue) {
      if (performance.now() > end) break;
      queue.delete(hash);
      if (all.has(hash)) paint(all.get(hash));
    }
    if (queue.size) frame = requestAnimationFrame(draw);
    else settle();
  }

  function paint(transfer) {
    const row = rows.get(transfer.info_hash) ?? add(transfer);
    const list = (transfer.finished ? done : going).list;
    if (row.place.parentNode !== list) put(row, list);
    if (!row.seen) return;
    set(row.name, transfer.name || transfer.info_hash);
    parts(row.said, saying(transfer));
    row.said.classList.toggle("bad", transfer.state === "failed" || transfer.state === "disk_full");
    paintBar(row.bar, row.pause, transfer);
    row.play.hidden = !plays(transfer.name);
    set(row.cancel, transfer.finished ? words.forget : words.cancel);
  }

  // The newest stands first; nearly always the right place is at one end.
  function put(row, list) {
    const focused = row.place.contains(document.activeElement) && document.activeElement;
    let after = list.lastElementChild;
    while (after && rows.get(after.dataset.hash).added < row.added) after = after.previousElementSibling;
    if (after) after.after(row.place);
    else list.prepend(row.place);
    if (focused) focused.focus();
  }

  function add(transfer) {
    const hash = transfer.info_hash;
    const row = { place: make("li", "transfer"), added: transfer.added_at, seen: true };
    row.place.dataset.hash = hash;
    row.name = link("name", transfer.name || hash, `#/transfers/${hash}`);
    row.name.dataset.act = "transfers-open";
    row.bar = make("progress");
    row.said = make("div", "said");
    row.play = link("button", words.play, `#/play/${hash}`);
    row.play.dataset.act = "transfers-play";
    row.pause = act("pause", "", words.pause, () => change(hash, stopped(all.get(hash)) ? "resume" : "pause"));
    row.cancel = act("cancel", "quiet", words.cancel, () => drop(all.get(hash)));
    const acts = make("div", "acts");
    acts.append(row.play, row.pause, row.cancel);
    row.place.append(row.name, acts, row.bar, row.said);
    rows.set(hash, row);
    eye.observe(row.place);
    return row;
  }

  function settle() {
    let open = 0;
    for (const one of all.values()) if (!one.finished) open += 1;
    going.count(open);
    done.count(all.size - open);
    empty.hidden = all.size > 0;
    clear.hidden = all.size === open;
    pauseAll.hidden = resumeAll.hidden = open < 2;
  }

  const stop = live.on("transfers", (news) => {
    all = news.all;
    for (const hash of news.gone) {
      queue.delete(hash);
      rows.get(hash)?.place.remove();
      rows.delete(hash);
    }
    for (const hash of news.changed) if (rows.get(hash)?.seen ?? true) ask(hash);
    // one that left the screen unfinished must still change its list when it is finished
    for (const hash of news.changed) if (rows.has(hash) && moved(rows.get(hash), all.get(hash))) ask(hash);
    graph.tell(all);
    frame ||= requestAnimationFrame(draw);
  });
  const moved = (row, transfer) => row.place.parentNode !== (transfer.finished ? done : going).list;
  return () => {
    stop();
    eye.disconnect();
    cancelAnimationFrame(frame);
    graph.close();
  };
}

function part(text) {
  const place = make("section");
  const heading = make("h3", "", text);
  const list = make("ol");
  place.append(heading, list);
  place.hidden = true;
  const count = (many) => {
    place.hidden = !many;
    set(heading, many > 1 ? `${text} ${number(many)}` : text);
  };
  return { place, list, count };
}
