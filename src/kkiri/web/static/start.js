// The first start in three sentences; gone for good once it was read.
import { live } from "/static/api.js";
import { button, link, make, one } from "/static/dom.js";
import { words } from "/static/words-start.js";

const KEY = "kkiri started";
let place = null;

// Shows it below the box while nothing is shared and nobody has put it away.
export function showStart(shown) {
  if (localStorage.getItem(KEY)) return;
  if (!place) {
    place = make("section", "start");
    place.hidden = true;
    const shares = make("p", "", words.shares);
    shares.append(" ", link("textlink", words.library, "#/library"));
    const key = make("p", "", words.key);
    key.append(" ", make("code", "", "kkiri key backup"));
    place.append(shares, key, make("p", "", words.network), button("quiet", words.understood, () => {
      localStorage.setItem(KEY, "1");
      place.remove();
      one("box").focus();
    }));
    one("main").append(place);
  }
  const status = live.status();
  place.hidden = !shown || !status || status.shared > 0;
}
