// What was said and what happened while one is elsewhere on the page: counted in the corner, told by
// a notice of the computer when the page is out of sight.
import { ask, live } from "/static/api.js";
import { count } from "/static/corner.js";
import { plain } from "/static/words.js";

const WAIT_MS = 300; // several messages at once are one question

let timer = 0;

export function watchTalks() {
  live.on("message", ({ message, muted }) => {
    recount();
    if (!muted && !message.mine && document.hidden) tell(message);
  });
  live.on("notice", recount);
  live.on("up", (up) => { if (up) recount(); });
}

// Counts anew what was not read: after a moment, as news come in bursts.
export function recount() {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    try {
      const { talks, requests, rooms, notices } = await ask("/api/unread");
      count("talks", talks + requests + rooms + notices);
    } catch { /* the corner says so when the peer is gone */ }
  }, WAIT_MS);
}

async function tell(message) {
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  const { words } = await import("/static/words-talk.js");
  new Notification(words.newFrom(plain(message.author_name)), { body: plain(message.text).slice(0, 200), tag: `kkiri ${message.talk || message.room}` });
}
