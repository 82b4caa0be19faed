// The map of pieces: a cell each, by what is here and how many connected peers have the rest.
import { make, set } from "/static/dom.js";
import { number } from "/static/words.js";
import { words } from "/static/words-transfers.js";

const CELL_MIN = 5; // of CSS pixels, its gap included
const CELL_MAX = 14;

export function pieceMap() {
  const place = make("section");
  const canvas = make("canvas", "pieces");
  canvas.setAttribute("role", "img");
  const legend = make("ul", "legend small soft");
  const marks = Object.entries(words.cells).map(([key, text]) => [key, make("li", `cell-${key}`, text)]);
  legend.append(...marks.map(([, item]) => item));
  const line = make("p", "soft small");
  place.append(make("h3", "", words.pieces), line, canvas, legend);
  place.hidden = true;
  let drawn = "";

  function show(seen) {
    place.hidden = seen.pieces_total === 0;
    if (place.hidden) return;
    const text = words.piecesHere(count(seen, /#/g), number(seen.pieces_total), squeezed(seen));
    set(line, text);
    canvas.setAttribute("aria-label", text);
    draw(seen);
  }

  function draw({ pieces, spread }) {
    const wide = canvas.clientWidth;
    const style = getComputedStyle(canvas);
    const key = `${wide} ${style.getPropertyValue("--good")} ${pieces} ${spread}`;
    if (!wide || key === drawn) return;
    drawn = key;
    const cells = pieces.length;
    const size = Math.min(CELL_MAX, Math.max(CELL_MIN, Math.floor(Math.sqrt((wide * 150) / cells))));
    const columns = Math.max(1, Math.floor(wide / size));
    const scale = devicePixelRatio || 1;
    canvas.style.height = `${Math.ceil(cells / columns) * size}px`;
    canvas.width = wide * scale;
    canvas.height = Math.ceil(cells / columns) * size * scale;
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    const ink = {};
    const seen = new Set();
    for (let cell = 0; cell < cells; cell += 1) {
      const [name, colour, strength] = look(pieces[cell], spread[cell]);
      seen.add(name);
      pen.globalAlpha = strength;
      pen.fillStyle = ink[colour] ??= style.getPropertyValue(colour);
      pen.fillRect((cell % columns) * size, Math.floor(cell / columns) * size, size - 1, size - 1);
    }
    for (const [key, item] of marks) item.hidden = !seen.has(key);
  }

  return { place, show };
}

const count = (seen, mark) => number((seen.pieces.match(mark) ?? []).length);
const squeezed = (seen) => (seen.pieces.length < seen.pieces_total ? number(seen.pieces.length) : "");

function look(piece, peers) {
  if (piece === "#") return ["here", "--good", 1];
  if (piece === "+") return ["coming", "--warm", 1];
  if (piece === "-") return ["unwanted", "--line", 0.6];
  if (piece !== ".") return ["here", "--good", 0.25 + Number(piece) * 0.07];
  if (peers === "0") return ["rare", "--bad", 0.55];
  return ["missing", "--soft", 0.2 + Math.min(Number(peers ?? 1), 5) * 0.08];
}
