// Keeps a <video> in step with the course of a showing, and tells a person's own acts from ours.
import { ask, post } from "/static/api.js";
import { listenTo } from "/static/player.js";

const LOOK_MS = 100;
const JUMP = 0.8; // seconds apart: quicker to jump than to hurry
const NEAR = 0.03; // seconds apart: nobody sees or hears it
const HURRY = 0.12; // at most; the pitch stays, so few hear it
const PLACE_MS = 1000; // between two reports of our place
const CLOCK_MS = 5000; // between two looks at the peer's clock
const SAMPLES = 8; // looks at the clock; the quickest is believed
const DRAG_MS = 250; // a slider that rests so long has been let go
const DRY_MS = 400; // a player that stands so long waits for data
const ENOUGH = 2; // seconds read ahead to go on with
const SEEK_MAX = 2.5; // seconds; a seek that takes longer waits for data, it is not slow

export function step(one, showing, { otherFile }) {
  const { video } = one;
  const path = `/api/together/${showing.id}`;
  const clocks = [];
  let course = showing.course;
  let offset = showing.clock - performance.now(); // of the showing's clock, until it is measured
  let wanted = null; // whether we last told the video to play: any other change is a person's
  let set = { time: null, rate: 1 }; // what we set it to
  let dragged = 0;
  let acting = 0; // acts of the person that the peer has not answered: the course is not theirs yet
  let dryFrom = 0;
  let waiting = false;
  let seekCost = 0.15; // seconds that the last jumps took
  let soughtAt = 0;
  let toldAt = 0;
  let startTimer = 0;
  let closed = false;

  const now = () => performance.now() + offset;
  const standing = () => (course?.moves_from ?? null) === null;
  const moves = (at) => !standing() && at >= course.moves_from;

  function target(at = now()) {
    const gone = moves(at) ? ((at - course.moves_from) * course.speed) / 100 : 0;
    return Math.min((course.position + gone) / 1000, video.duration || Infinity);
  }

  async function measure() {
    const sent = performance.now();
    try {
      const { clock } = await ask(`${path}/clock`);
      const got = performance.now();
      clocks.push({ offset: clock - (sent + got) / 2, trip: got - sent });
      if (clocks.length > SAMPLES) clocks.shift();
      offset = clocks.reduce((best, other) => (other.trip < best.trip ? other : best)).offset;
    } catch { /* the page says elsewhere that the peer is away */ }
  }

  function jump(to) {
    soughtAt = performance.now();
    set.time = Math.max(0, to);
    video.currentTime = set.time;
  }

  function pace(rate) {
    if (Math.abs(video.playbackRate - rate) < 0.001) return;
    set.rate = rate;
    video.playbackRate = rate;
  }

  function play() {
    if (wanted === true && !video.paused) return;
    wanted = true;
    if (video.paused && !video.ended) one.begin();
  }

  function pause() {
    if (wanted === false && video.paused) return;
    wanted = false;
    if (!video.paused) video.pause();
  }

  function look() {
    if (closed || !course || !video.getAttribute("src")) return;
    if (course.file !== one.file()?.index) {
      otherFile(course.file, target());
      return;
    }
    const at = now();
    report(at);
    if (video.readyState < 1 || video.seeking || dragged || acting) return;
    const drift = video.currentTime - target(at);
    if (!moves(at)) {
      pause();
      pace(course.speed / 100);
      if (Math.abs(drift) > NEAR) jump(target(at));
      const left = standing() ? Infinity : course.moves_from - at;
      clearTimeout(startTimer);
      if (left < 1000) startTimer = setTimeout(look, left);
      return;
    }
    if (video.ended && target(at) >= video.duration - 0.2) return;
    play();
    if (Math.abs(drift) > JUMP) {
      jump(target(at) + seekCost);
    } else {
      const hurry = Math.abs(drift) > NEAR ? Math.max(-HURRY, Math.min(HURRY, drift * 0.8)) : 0;
      pace((course.speed / 100) * (1 - hurry));
    }
  }

  // Whether the player stands for want of data: it says so after a moment, and until it has enough.
  function dry() {
    if (video.readyState < 1 && one.film()) return true;
    const ranges = video.buffered;
    let ahead = 0;
    for (let at = 0; at < ranges.length; at += 1) {
      if (ranges.start(at) <= video.currentTime + 0.1 && video.currentTime < ranges.end(at)) {
        ahead = ranges.end(at) - video.currentTime;
      }
    }
    const enough = video.readyState > 2 && (ahead >= ENOUGH || video.currentTime + ahead >= (video.duration || 0) - 0.3);
    return waiting ? !enough && video.readyState < 4 : video.readyState < 3;
  }

  function report(at) {
    const stands = dry() && !video.ended;
    const since = performance.now();
    if (!stands) dryFrom = 0;
    else dryFrom ||= since;
    const waits = stands && (waiting || since - dryFrom > DRY_MS);
    if (waits === waiting && since - toldAt < PLACE_MS) return;
    waiting = waits;
    toldAt = since;
    const position = video.readyState < 1 || video.seeking ? null : Math.round(video.currentTime * 1000);
    post(`${path}/place`, { position, waiting }).catch(() => {});
  }

  async function act(said) {
    let answer = null;
    acting += 1;
    try {
      answer = await post(`${path}/act`, said);
    } catch (error) {
      one.say(error.message);
    }
    acting -= 1;
    if (answer) take(answer);
  }

  const place = () => Math.round(video.currentTime * 1000);

  function take(said) {
    if (course && said.course && said.course.number < course.number) return;
    course = said.course ?? course;
    look();
  }

  // events come later than what they tell of: one that no longer holds was answered by us meanwhile
  const ends = [listenTo(video, {
    play: () => {
      if (video.paused) return;
      if (wanted !== true) act({ doing: "play", position: place() });
      wanted = true;
    },
    pause: () => {
      if (!video.paused) return;
      if (wanted !== false && !video.ended && !video.seeking) act({ doing: "pause", position: place() });
      wanted = false;
    },
    seeking: () => {
      if (set.time !== null && Math.abs(video.currentTime - set.time) < 0.25) return;
      if (video.readyState < 1) return;
      clearTimeout(dragged);
      dragged = setTimeout(() => {
        dragged = 0;
        act({ doing: standing() ? "pause" : "play", position: place() });
      }, DRAG_MS);
    },
    seeked: () => {
      const took = (performance.now() - soughtAt) / 1000;
      if (soughtAt && took < SEEK_MAX) seekCost = (seekCost + took) / 2;
      soughtAt = 0;
      set.time = null;
    },
    ratechange: () => {
      const rate = video.playbackRate;
      if (Math.abs(rate - set.rate) < 0.001) return;
      set.rate = rate;
      act({ doing: standing() ? "pause" : "play", speed: Math.round(rate * 100) });
    },
    loadedmetadata: look,
  })];

  for (let turn = 0; turn < SAMPLES; turn += 1) setTimeout(measure, turn * 60);
  const timers = [setInterval(look, LOOK_MS), setInterval(measure, CLOCK_MS)];
  return {
    take,
    act,
    target,
    // Seconds that this player is before or behind the course.
    drift: () => (course && video.readyState > 0 ? video.currentTime - target() : null),
    close() {
      closed = true;
      post(`${path}/place`, { position: null, waiting: false }).catch(() => {});
      clearTimeout(startTimer);
      clearTimeout(dragged);
      for (const timer of timers) clearInterval(timer);
      for (const end of ends) end();
    },
  };
}
