// One transfer closely: where it goes, its pieces, who is in its swarm, and its files.
import { ask, live } from "/static/api.js";
import { copy, link, make, note, parts, set, sure, title } from "/static/dom.js";
import { filesOf } from "/static/swarm-files.js";
import { pieceMap } from "/static/swarm-pieces.js";
import { swarmDrawing } from "/static/swarm-drawing.js";
import { act, change, drop, paintBar, plays, saying, stopped, told } from "/static/transfers.js";
import { size, when } from "/static/words.js";
import { words } from "/static/words-transfers.js";

const LOOK_MS = 1000;

export function openOne(place, hash) {
  let transfer = null;
  let timer = 0;
  let closed = false;
  let path = "";
  const back = link("soft small", `← ${words.all}`, "#/transfers");
  back.dataset.act = "transfers-back";
  const bar = make("progress");
  const said = make("p", "soft small");
  const pause = act("pause", "", words.pause, () => change(hash, stopped(transfer) ? "resume" : "pause"));
  const play = link("button strong", words.play, `#/play/${hash}`);
  play.dataset.act = "transfers-play";
  const forget = act("cancel", "quiet", words.cancel, async () => {
    if (await drop(transfer)) location.hash = "#/transfers";
  });
  const erase = act("erase", "quiet danger", words.erase, () => eraseIt());
  const acts = make("div", "acts");
  acts.append(play, pause, forget, erase);
  const where = make("code");
  const given = make("span");
  const since = make("span");
  const take = act("copy", "quiet small", words.copyPath, () => told(() => copy(path)));
  const facts = make("p", "facts small soft");
  facts.append(where, " ", take, " · ", since, " · ", words.given, " ", given);
  const map = pieceMap();
  const swarm = swarmDrawing();
  const files = filesOf(hash);
  place.prepend(back);
  place.append(bar, said, acts, facts, map.place, swarm.place, files.place);

  async function eraseIt() {
    if (!(await sure(words.eraseSure, words.eraseAbout(transfer.name), words.erase))) return;
    const answer = await change(hash, "erase");
    if (!answer) return;
    if (answer.stayed) note(words.stayed(answer.stayed));
    location.hash = "#/transfers";
  }

  function paint() {
    title(place, transfer.name || hash);
    parts(said, saying(transfer));
    paintBar(bar, pause, transfer);
    set(forget, transfer.finished ? words.forget : words.cancel);
    erase.hidden = !transfer.finished;
  }

  const stop = live.on("transfers", ({ all, changed, gone }) => {
    if (all.has(hash) && (changed.includes(hash) || !transfer)) {
      transfer = all.get(hash);
      paint();
    } else if (transfer && gone.includes(hash)) {
      location.hash = "#/transfers";
    }
  });

  async function look() {
    if (closed) return;
    if (!document.hidden) {
      try {
        show(await ask(`/api/transfers/${hash}/swarm`));
      } catch (error) {
        if (error.refusal && !transfer) {
          place.replaceChildren(back, make("p", "empty", words.unknown));
          return;
        }
      }
    }
    if (!closed) timer = setTimeout(look, LOOK_MS);
  }

  function show(seen) {
    map.show(seen);
    swarm.show(seen);
    files.show(seen, transfer);
    play.hidden = !seen.files.some((file) => plays(file.path)) && !plays(transfer?.name ?? "");
    path = transfer?.path ?? seen.folder;
    set(where, path);
    set(given, `${size(seen.uploaded)}${ratio(seen)}`);
    set(since, seen.finished_at ? words.done(when(seen.finished_at)) : words.asked(when(seen.added_at)));
  }

  look();
  return () => {
    closed = true;
    clearTimeout(timer);
    stop();
    files.close();
  };
}

// Given against taken: 1.00 is as much as was taken.
function ratio({ uploaded, downloaded }) {
  return downloaded ? ` · ${words.ratio((uploaded / downloaded).toFixed(2))}` : "";
}
