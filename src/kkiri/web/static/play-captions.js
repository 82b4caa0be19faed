// Subtitles of the player: which, how large, how early or late; kept for the next film.
import { post } from "/static/api.js";
import { choose, field, make } from "/static/dom.js";
import { keep, kept } from "/static/play-memory.js";
import { apart, language } from "/static/words.js";
import { words } from "/static/words-play.js";

const SIZE_MAX = 5;
const OFF = "off";
export const DELAY_STEP = 0.5; // seconds, as players in Korea have it
const SPAN = 120; // seconds: subtitles inside a film are asked for piece by piece, as it is read for them
const AHEAD = 20; // seconds before the next piece is needed
const AGAIN_MS = 5000; // after a piece that could not be read

export function captions(video, say) {
  const select = choose([[OFF, words.off]], OFF);
  select.dataset.act = "play-subtitles";
  const box = field(words.subtitles, select);
  const shown = video.addTextTrack("subtitles", words.subtitles, language);
  let all = [];
  let one = null; // what is shown
  let spans = new Set(); // pieces of it that were asked for
  let known = new Map(); // what a cue says → the cue and its own times; two pieces may hold the same
  let delay = 0;
  let address = () => "";
  let last = null; // what `c` brings back

  function show(number) {
    one = all.find((other) => String(other.number) === String(number)) ?? null;
    select.value = one ? String(number) : OFF;
    for (const { cue } of known.values()) shown.removeCue(cue);
    spans = new Set();
    known = new Map();
    shown.mode = one ? "showing" : "disabled";
    if (!one) return;
    last = one.number;
    more();
  }

  // Subtitles that somebody shares by themselves are fetched when they are chosen.
  async function bring(mine) {
    mine.coming = true;
    try {
      const { files } = await post("/api/play", { link: mine.link });
      mine.address = `/api/caption/${mine.info_hash}/${files[0].index}`;
      if (mine === one) more();
    } catch (error) {
      mine.coming = false;
      if (mine === one) say(error.message);
    }
  }

  function more() {
    if (!one) return;
    if (one.link && !one.address) {
      if (!one.coming) bring(one);
      return;
    }
    if (one.beside) {
      load(0, "");
      return;
    }
    const now = Math.max(0, video.currentTime - delay);
    for (const at of [now, now + AHEAD]) {
      const from = Math.floor(at / SPAN) * SPAN;
      load(from, `?start=${from}&end=${from + SPAN}`);
    }
  }

  // A <track> of its own reads and parses; its cues go over to the one that is shown.
  function load(span, query) {
    const mine = one;
    if (spans.has(span)) return;
    spans.add(span);
    const track = make("track");
    track.kind = "metadata";
    track.src = (mine.address ?? address(mine.number)) + query;
    track.addEventListener("load", () => {
      if (mine === one) [...track.track.cues].forEach(adopt);
      track.remove();
    });
    track.addEventListener("error", () => {
      track.remove();
      if (mine !== one) return;
      if (mine.beside) say(words.noSubtitles);
      else setTimeout(() => spans.delete(span), AGAIN_MS);
    });
    video.append(track);
    track.track.mode = "hidden";
  }

  function adopt(cue) {
    const key = `${cue.startTime} ${cue.endTime} ${cue.text}`;
    if (known.has(key)) return;
    const own = { cue, from: cue.startTime, to: cue.endTime };
    known.set(key, own);
    cue.track.removeCue(cue);
    place(own);
    shown.addCue(cue);
  }

  function place({ cue, from, to }) {
    cue.startTime = Math.max(0, from + delay);
    cue.endTime = Math.max(0.01, to + delay);
  }

  function size(step) {
    const now = Math.min(SIZE_MAX, Math.max(1, kept("captionSize", 3) + step));
    keep("captionSize", now);
    for (let other = 1; other <= SIZE_MAX; other += 1) video.classList.toggle(`captions-${other}`, other === now);
    return now;
  }

  const isOff = () => kept("captions", "") === OFF;

  select.addEventListener("change", () => {
    keep("captions", select.value === OFF ? OFF : "");
    show(select.value);
  });
  video.addEventListener("timeupdate", more);
  video.addEventListener("seeking", more);
  size(0);

  return {
    box,
    // Begins with another film; the reader's own language first, files beside it before those inside.
    open(subtitles, addressOf) {
      all = subtitles;
      address = addressOf;
      delay = 0;
      select.replaceChildren(...choose(
        [[OFF, words.off], ...all.map((other, at) => [other.number, labelOf(other, at)])], OFF,
      ).children);
      box.hidden = all.length === 0;
      const rank = (other) => Number(!other.language?.startsWith(language)) * 4 + Number(Boolean(other.forced)) * 2 + Number(!other.beside);
      const best = [...all].sort((before, other) => rank(before) - rank(other))[0];
      last = best?.number ?? null;
      const wanted = best && (best.beside || best.forced || best.language?.startsWith(language));
      show(wanted && !isOff() ? best.number : OFF);
    },
    // Adds what others share for this film; only what comes from who shares the film begins by itself.
    add(found) {
      for (const other of found) {
        const number = `by-${other.info_hash}`;
        all.push({ ...other, number, title: other.name, beside: true });
        select.append(...choose([[number, labelOf(all.at(-1), all.length - 1)]], "").children);
      }
      box.hidden = all.length === 0;
      const best = all.find((other) => other.own && (!other.language || other.language.startsWith(language)));
      last ??= (best ?? all[0])?.number ?? null;
      if (best && !one && !isOff()) show(best.number);
    },
    toggle() {
      if (last === null) return;
      const on = one === null;
      keep("captions", on ? "" : OFF);
      show(on ? last : OFF);
      say(on ? words.subtitlesOn : words.subtitlesOff);
    },
    shift(step) {
      if (!one) return;
      delay = Math.round((delay + step) * 10) / 10;
      for (const own of known.values()) place(own);
      say(words.delay(delay));
    },
    size(step) {
      say(words.sizeNow(size(step)));
    },
  };
}

// A language as the reader calls it; a code that nobody knows stays a code.
export function languageName(code) {
  if (!code || code === "und") return "";
  try {
    return new Intl.DisplayNames([language], { type: "language", fallback: "code" }).of(code);
  } catch {
    return code;
  }
}

const labelOf = (one, at) => [languageName(one.language), one.title, one.forced ? words.forced : ""]
  .filter(Boolean).map(apart).join(" · ") || words.subtitleNumber(at + 1);
