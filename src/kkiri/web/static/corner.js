// The small words in the corner: the other places of the page, quiet until they are useful.
import { live } from "/static/api.js";
import { link, one, set } from "/static/dom.js";
import { number, words } from "/static/words.js";

const ALWAYS = ["library", "people", "talks", "settings"];
const places = new Map();

export function showCorner(corner) {
  corner.setAttribute("aria-label", words.menu);
  for (const name of Object.keys(words.corner)) {
    const place = link("", words.corner[name], `#/${name}`);
    place.id = `show-${name}`;
    place.hidden = !ALWAYS.includes(name);
    places.set(name, place);
    corner.append(place);
  }
  live.on("status", showStatus);
  live.on("transfers", ({ all }) => {
    let open = 0;
    for (const one of all.values()) if (!one.finished) open += 1;
    count("transfers", open);
    if (all.size) places.get("transfers").hidden = false;
  });
  live.on("up", (up) => {
    document.body.classList.toggle("gone", !up);
    if (!up) set(one("state"), words.gone);
    else if (live.status()) showStatus(live.status());
  });
  addEventListener("hashchange", here);
  addEventListener("popstate", here);
  here();
}

// Marks a place with a count, or with none; a place that has one is shown.
export function count(name, many) {
  const place = places.get(name);
  if (many) place.hidden = false;
  set(place, many ? `${words.corner[name]} ${number(many)}` : words.corner[name]);
  place.classList.toggle("new", Boolean(many));
}

function showStatus(status) {
  const others = status.hubs.filter((hub) => !hub.own && hub.state === "open").length;
  const state = one("state");
  set(state, words.hubs(others));
  state.classList.toggle("on", status.ready);
}

function here() {
  const name = location.hash.match(/^#\/(\w+)/)?.[1];
  for (const [other, place] of places) {
    if (other === name) place.setAttribute("aria-current", "page");
    else place.removeAttribute("aria-current");
  }
}
