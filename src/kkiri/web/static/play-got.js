// A thin line under the film: what of it is here, and what the browser has read ahead.
import { ask } from "/static/api.js";
import { make } from "/static/dom.js";
import { words } from "/static/words-play.js";

const LOOK_MS = 3000;
const CELLS = 600; // as wide as it is drawn

export function showGot(video, answer) {
  const canvas = make("canvas", "got");
  canvas.width = CELLS;
  canvas.height = 6;
  canvas.setAttribute("role", "img");
  let pieces = null;
  let file = null;
  let timer = 0;
  let closed = false;

  // The share of each cell of this file that is here, out of the pieces of the whole torrent.
  function here() {
    if (!pieces) return null;
    const before = answer.files.filter((one) => one.index < file.index).reduce((sum, one) => sum + one.size, 0);
    const total = answer.files.reduce((sum, one) => sum + one.size, 0) || 1;
    const { length } = pieces;
    return (cell) => {
      const byte = before + (file.size * (cell + 0.5)) / CELLS;
      const sign = pieces[Math.min(length - 1, Math.floor((byte / total) * length))];
      return sign === "#" ? 1 : Number(sign) / 10 || 0;
    };
  }

  function draw() {
    const pen = canvas.getContext("2d");
    const style = getComputedStyle(canvas);
    const share = here();
    let sum = 0;
    pen.clearRect(0, 0, CELLS, canvas.height);
    pen.fillStyle = style.getPropertyValue("--edge");
    for (let cell = 0; cell < CELLS; cell += 1) {
      const part = share ? share(cell) : 1;
      sum += part;
      pen.globalAlpha = part;
      pen.fillRect(cell, 0, 1, canvas.height);
    }
    pen.globalAlpha = 1;
    pen.fillStyle = style.getPropertyValue("--warm");
    const { duration, buffered, currentTime } = video;
    for (let at = 0; duration > 0 && at < buffered.length; at += 1) {
      const from = (CELLS * buffered.start(at)) / duration;
      pen.fillRect(from, 2, Math.max(1, (CELLS * buffered.end(at)) / duration - from), 2);
    }
    if (duration > 0) pen.fillRect((CELLS * currentTime) / duration - 1, 0, 3, canvas.height);
    canvas.setAttribute("aria-label", `${words.here}: ${Math.round((100 * sum) / CELLS)}%`);
  }

  async function look() {
    clearTimeout(timer);
    try {
      pieces = (await ask(`/api/transfers/${answer.info_hash}/swarm`)).pieces || null;
    } catch {
      pieces = null; // shared from here: all of it is
    }
    if (closed) return;
    draw();
    timer = setTimeout(look, LOOK_MS);
  }

  return {
    canvas,
    open(other) {
      file = other;
      look();
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
