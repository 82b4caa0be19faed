// The swarm as a drawing: this peer in the middle, the others around it, a line as broad as what
// moves; and the same as a table, which says all of it in words.
import { link, make, parts, set } from "/static/dom.js";
import { drawn as shape } from "/static/transfers-speed.js";
import { plain, size } from "/static/words.js";
import { words } from "/static/words-transfers.js";

const WIDE = 640;
const HIGH = 260;
const DRAWN_MAX = 24; // more would lie over one another; the table has them all
const LINE_MAX = 9;
const LABEL_CHARS = 18;
const TURN = Math.PI * (3 - Math.sqrt(5)); // the golden angle: any number of seats lies apart

export function swarmDrawing() {
  const place = make("section");
  const heading = make("h3", "", words.swarm);
  const graph = shape("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, class: "swarm", "aria-hidden": "true" });
  const lines = shape("g");
  const dots = shape("g");
  graph.append(lines, dots);
  dots.append(dot(WIDE / 2, HIGH / 2, 20, "me"), label(WIDE / 2, HIGH / 2 + 5, words.me, "me"));
  const list = make("ol", "peers small");
  const none = make("p", "soft small", words.nobody);
  place.append(heading, none, graph, list);
  const places = new Map(); // address → which seat, kept while it is here
  const nodes = new Map();
  const rows = new Map();

  function show({ peers, peers_total: total }) {
    set(heading, total > 1 ? `${words.swarm} ${total}` : words.swarm);
    none.hidden = total > 0;
    graph.toggleAttribute("hidden", total === 0);
    const here = new Set(peers.map((peer) => peer.address));
    for (const [address, row] of rows) {
      if (here.has(address)) continue;
      row.remove();
      rows.delete(address);
    }
    peers.forEach((peer, place) => {
      if (!rows.has(peer.address)) rows.set(peer.address, addRow(peer));
      const row = rows.get(peer.address);
      paintRow(row, peer);
      if (list.children[place] !== row) list.insertBefore(row, list.children[place] ?? null);
    });
    draw(peers);
  }

  function draw(peers) {
    const shown = peers.slice(0, DRAWN_MAX);
    const here = new Set(shown.map((peer) => peer.address));
    for (const [address, node] of nodes) {
      if (here.has(address)) continue;
      for (const element of node.all) element.remove();
      nodes.delete(address);
      places.delete(address);
    }
    for (const peer of shown) {
      if (!places.has(peer.address)) places.set(peer.address, freeSeat(places));
      paintNode(nodes.get(peer.address) ?? addNode(peer), peer, places.get(peer.address));
    }
  }

  function addNode(peer) {
    const node = {
      down: shape("line", { class: "down" }),
      up: shape("line", { class: "up" }),
      back: dot(0, 0, 13, "peer"),
      ring: shape("circle", { r: 13, class: "ring", pathLength: 100 }),
      text: label(0, 0, ""),
    };
    node.all = Object.values(node);
    lines.append(node.down, node.up);
    dots.append(node.back, node.ring, node.text);
    nodes.set(peer.address, node);
    return node;
  }

  return { place, show };
}

function freeSeat(places) {
  const taken = new Set(places.values());
  let seat = 0;
  while (taken.has(seat)) seat += 1;
  return seat;
}

function paintNode(node, peer, seat) {
  const turn = seat * TURN + 0.35;
  const x = WIDE / 2 + Math.cos(turn) * (WIDE / 2 - 90);
  const y = HIGH / 2 + Math.sin(turn) * (HIGH / 2 - 42) - 6;
  const away = 4; // the two directions lie beside one another
  line(node.down, x, y, peer.down_rate, Math.sin(turn) * away, -Math.cos(turn) * away);
  line(node.up, x, y, peer.up_rate, -Math.sin(turn) * away, Math.cos(turn) * away);
  for (const circle of [node.back, node.ring]) at(circle, { cx: x, cy: y });
  node.ring.setAttribute("stroke-dasharray", `${peer.progress * 100} 100`);
  node.ring.setAttribute("transform", `rotate(-90 ${x} ${y})`);
  at(node.text, { x, y: y + 28 });
  node.text.classList.toggle("known", Boolean(peer.npub));
  const shown = short(nameOf(peer));
  if (node.text.textContent !== shown) node.text.textContent = shown;
}

function line(element, x, y, rate, aside, below) {
  const breadth = rate ? Math.min(LINE_MAX, 1 + Math.log2(1 + rate / 16384)) : 0.75;
  at(element, { x1: x + aside, y1: y + below, x2: WIDE / 2 + aside, y2: HIGH / 2 + below });
  element.setAttribute("stroke-width", breadth.toFixed(1));
  element.classList.toggle("moves", rate > 0);
}

function at(element, values) {
  for (const [name, value] of Object.entries(values)) element.setAttribute(name, value.toFixed(1));
}

const dot = (x, y, r, name) => shape("circle", { cx: x, cy: y, r, class: name });

function label(x, y, text, name = "") {
  const element = shape("text", { x, y, class: name });
  element.textContent = plain(text);
  return element;
}

const nameOf = (peer) => peer.name || peer.client || peer.address;
const short = (text) => {
  const shown = plain(text);
  return shown.length > LABEL_CHARS ? `${shown.slice(0, LABEL_CHARS - 1)}…` : shown;
};

// A row of the list, which says in words what the drawing shows.
function addRow(peer) {
  const row = make("li");
  const who = peer.npub ? link("textlink", peer.name, `#/person/${peer.npub}`) : make("span");
  if (peer.npub) who.dataset.act = "transfers-person";
  row.append(who, make("span", "soft"));
  return row;
}

function paintRow(row, peer) {
  const [who, said] = row.children;
  if (peer.npub) set(who, peer.name);
  else parts(who, [peer.client, peer.address].filter(Boolean));
  const rates = [[words.gives, peer.down_rate], [words.gets, peer.up_rate]];
  const moves = rates.filter(([, rate]) => rate).map(([say, rate]) => say(`${size(rate)}/s`));
  const marks = [words.has(`${Math.floor(peer.progress * 100)}%`), ...moves, words.origins[peer.origin] ?? peer.origin];
  if (peer.encrypted) marks.push(words.encrypted);
  if (peer.utp) marks.push("uTP");
  parts(said, marks);
}
