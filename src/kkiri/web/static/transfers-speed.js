// How fast everything moves together: two numbers, and the last two minutes as a line.
import { make, parts } from "/static/dom.js";
import { size } from "/static/words.js";
import { words } from "/static/words-transfers.js";

const SPACE = "http://www.w3.org/2000/svg";
const STEPS = 120; // one a second
const WIDE = 600;
const HIGH = 48;

export function drawn(name, attributes = {}) {
  const element = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

export function speedGraph() {
  const place = make("figure", "speed");
  const said = make("figcaption");
  const graph = drawn("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  const lines = { down: drawn("polyline", { class: "down" }), up: drawn("polyline", { class: "up" }) };
  graph.append(lines.up, lines.down);
  place.append(said, graph);
  place.hidden = true;
  const past = [];
  let now = { down: 0, up: 0 };

  function step() {
    past.push(now);
    if (past.length > STEPS) past.shift();
    const most = Math.max(1, ...past.map((one) => Math.max(one.down, one.up)));
    for (const [name, line] of Object.entries(lines)) {
      const points = past.map((one, place) => {
        const x = WIDE - ((past.length - 1 - place) * WIDE) / (STEPS - 1);
        return `${x.toFixed(1)},${(HIGH - 2 - (one[name] / most) * (HIGH - 4)).toFixed(1)}`;
      });
      line.setAttribute("points", points.join(" "));
    }
  }
  const timer = setInterval(step, 1000);
  return {
    place,
    tell(all) {
      now = { down: 0, up: 0 };
      for (const one of all.values()) {
        now.down += one.down_rate;
        now.up += one.up_rate;
      }
      place.hidden = all.size === 0;
      parts(said, [`↓ ${size(now.down)}/s`, `↑ ${size(now.up)}/s`]);
      said.setAttribute("aria-label", words.speeds(`${size(now.down)}/s`, `${size(now.up)}/s`));
    },
    close: () => clearInterval(timer),
  };
}
