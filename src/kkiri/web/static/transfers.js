// What is being fetched: one row each, changed in place so that focus and reading stay.
import { live, post } from "/static/api.js";
import { button, make, note, set } from "/static/dom.js";
import { length, size } from "/static/words.js";
import { words } from "/static/words-transfers.js";

const list = make("ol");
const rows = new Map();

export function open(place) {
  place.append(list);
  return live.on("transfers", ({ all }) => show([...all.values()]));
}

function show(transfers) {
  for (const hash of [...rows.keys()]) {
    if (!transfers.some((transfer) => transfer.info_hash === hash)) {
      rows.get(hash).row.remove();
      rows.delete(hash);
    }
  }
  for (const transfer of transfers) update(transfer);
}

function update(transfer) {
  const parts = rows.get(transfer.info_hash) ?? add(transfer.info_hash);
  const { size: total, done, finished } = transfer;
  set(parts.name, transfer.name || transfer.info_hash);
  parts.bar.max = total || 1;
  if (total || finished) parts.bar.value = finished ? parts.bar.max : done;
  else parts.bar.removeAttribute("value");
  parts.bar.hidden = finished;
  set(parts.said, saying(transfer));
  parts.pause.hidden = finished;
  set(parts.pause, transfer.state === "paused" ? words.resume : words.pause);
  set(parts.cancel, finished ? words.forget : words.cancel);
  parts.paused = transfer.state === "paused";
}

function saying(transfer) {
  if (transfer.finished) return `${words.here}: ${transfer.path ?? ""}`;
  const parts = [transfer.error || (words.states[transfer.state] ?? transfer.state)];
  if (transfer.size) {
    parts.push(`${Math.floor((100 * transfer.done) / transfer.size)}%`);
    parts.push(`${size(transfer.done)} / ${size(transfer.size)}`);
  }
  if (transfer.down_rate) parts.push(`${size(transfer.down_rate)}/s`);
  if (transfer.peers) parts.push(words.peers(transfer.peers));
  if (transfer.seconds_left !== null) parts.push(words.left(length(transfer.seconds_left)));
  return parts.join(" · ");
}

function add(hash) {
  const row = make("li", "transfer");
  const parts = { row, name: make("div", "name"), bar: make("progress"), said: make("div", "said") };
  const act = (verb) => post(`/api/transfers/${hash}/${verb}`).catch((error) => note(error.message));
  parts.pause = button("", words.pause, () => act(parts.paused ? "resume" : "pause"));
  const acts = make("div", "acts");
  parts.cancel = button("", words.cancel, () => act("cancel"));
  acts.append(parts.pause, parts.cancel);
  row.append(parts.name, acts, parts.bar, parts.said);
  list.append(row);
  rows.set(hash, parts);
  return parts;
}
