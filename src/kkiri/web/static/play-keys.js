// Keys of the player, wherever the focus is in its view; what a control does with a key stays its own.
import { typing } from "/static/dom.js";
import { keep } from "/static/play-memory.js";
import { words } from "/static/words-play.js";

const SHORT = 5; // seconds
const LONG = 10;
const LOUDER = 0.05;
// a control takes these for itself: it is pressed, opened or moved by them
const OWN = new Set([" ", "Enter", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"]);

export function keys(place, video, { step, subs, fullscreen, say }) {
  const jump = (seconds) => {
    video.currentTime = Math.max(0, Math.min(video.duration || Infinity, video.currentTime + seconds));
  };
  const louder = (by) => {
    video.volume = Math.max(0, Math.min(1, video.volume + by));
    say(words.volume(Math.round(100 * video.volume)));
  };
  const turn = () => {
    if (video.paused) video.play().catch(() => {});
    else video.pause();
  };
  const table = {
    " ": turn,
    k: turn,
    ArrowLeft: () => jump(-SHORT),
    ArrowRight: () => jump(SHORT),
    j: () => jump(-LONG),
    l: () => jump(LONG),
    ArrowUp: () => louder(LOUDER),
    ArrowDown: () => louder(-LOUDER),
    m: () => {
      video.muted = !video.muted;
      keep("muted", video.muted);
      say(video.muted ? words.muted : words.unmuted);
    },
    c: () => subs.toggle(),
    z: () => subs.shift(-0.5),
    x: () => subs.shift(0.5),
    f: fullscreen,
    n: () => step(1),
    p: () => step(-1),
  };
  // with a Korean keyboard the same keys write jamo
  const jamo = { ㅏ: "k", ㅓ: "j", ㅣ: "l", ㅡ: "m", ㅊ: "c", ㅋ: "z", ㅌ: "x", ㄹ: "f", ㅜ: "n", ㅔ: "p" };

  function press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const target = event.target;
    const control = target.closest?.("button, a, summary, select, input, textarea, video, dialog");
    const letter = event.key.length === 1 && event.key !== " ";
    if (control && (!letter || (typing(target) && target !== video))) return;
    if (control && OWN.has(event.key)) return;
    const does = table[jamo[event.key] ?? (letter ? event.key.toLowerCase() : event.key)];
    if (!does) return;
    event.preventDefault();
    does();
  }
  document.addEventListener("keydown", press);
  return () => document.removeEventListener("keydown", press);
}
