// The place of one film or album: #/play/HASH/INDEX.
import { post } from "/static/api.js";
import { button, make, note, set, stay, style, title } from "/static/dom.js";
import { playable, player } from "/static/player.js";
import { words } from "/static/words-play.js";

export async function open(place, hash, index = "") {
  const wait = make("p", "empty", words.looking);
  place.append(wait);
  let answer;
  try {
    [answer] = await Promise.all([post("/api/play", { link: hash }), style("play.css")]);
  } catch (error) {
    if (!error.refusal) throw error;
    set(wait, error.message);
    return () => {};
  }
  if (!answer.files.some(playable)) {
    set(wait, words.nothing);
    return () => {};
  }
  wait.remove();
  const one = player(place, answer, {
    moved: (to) => {
      stay(`#/play/${hash}/${to}`);
      show(to);
    },
  });
  const together = button("strong", words.together, async () => {
    try {
      const showing = await post("/api/together", { link: hash, file: one.file()?.index ?? 0 });
      location.hash = `#/together/${showing.id}`;
    } catch (error) {
      note(error.message);
    }
  });
  together.dataset.act = "play-together";
  one.controls.append(together);
  place.append(keyTable());

  function show(to, at = null) {
    const file = answer.files.find((other) => other.index === to);
    title(place, (file?.path ?? answer.name).split("/").pop());
    return one.open(to, at);
  }

  one.onEnded(() => one.step(1));
  const first = answer.files.find((file) => file.index === Number(index) && index !== "" && playable(file))
    ?? answer.files.find(playable);
  show(first.index);
  return () => one.close();
}

// The keys of the player, for who looks for them.
export function keyTable() {
  const all = make("details", "keys");
  const summary = make("summary", "", words.keys);
  summary.dataset.act = "play-keys";
  const table = make("dl");
  for (const [key, does] of words.keyTable) table.append(make("dt", "", key), make("dd", "", does));
  all.append(summary, table);
  return all;
}
