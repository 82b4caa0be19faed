// Feeds a <video> through MediaSource: what the browser cannot read itself comes as fragments.
const AHEAD_SECONDS = 40; // what is fetched before it is needed
const BEHIND_SECONDS = 20; // what is kept of the past when there is no more room
const GAP_SECONDS = 0.7; // a first picture that late is jumped to
const SNAP_SECONDS = 3; // a key picture at most so long before a far seek is shown in its stead
const SNAP_MS = 120; // what comes from the disk is there by then
const END_SECONDS = 0.3; // before the film's length nothing more may come
const TRIES = 4; // of one place, before we give up
const AGAIN_MS = 800;

// `address(seconds)` gives the fragments from the key picture at or before it, with their own times.
// Unless a seek must be `exact`, one that waits for data shows the key picture that is there already.
export function feed(video, { type, duration, address, begin, failed, exact }) {
  const source = new MediaSource();
  const url = URL.createObjectURL(source);
  let buffer = null;
  let reading = null; // the answer under way or the last one, and from where it was asked for
  let tries = 0;
  let closed = false;

  const settled = () => new Promise((done) => {
    if (!buffer.updating) done();
    else buffer.addEventListener("updateend", done, { once: true });
  });
  const holds = (time) => rangeOf(video, time) !== null;

  function rangeAhead() {
    const range = rangeOf(video, video.currentTime);
    return range === null ? 0 : range[1] - video.currentTime;
  }

  async function room() {
    while (!closed && rangeAhead() > AHEAD_SECONDS) {
      await new Promise((done) => video.addEventListener("timeupdate", done, { once: true }));
    }
  }

  async function append(bytes, mine) {
    for (;;) {
      await settled();
      if (closed || mine.signal.aborted) return;
      try {
        buffer.appendBuffer(bytes);
        await settled();
        break;
      } catch (error) {
        if (error.name !== "QuotaExceededError") throw error;
        if (!await evict(mine)) return;
      }
    }
    const range = video.buffered;
    for (let at = 0; at < range.length; at += 1) {
      const first = range.start(at);
      if (first > video.currentTime && first - video.currentTime < GAP_SECONDS && !holds(video.currentTime)) {
        video.currentTime = first + 0.01;
      }
    }
  }

  // Makes room: the past first, then what lies far ahead from an earlier jump; waits when both are needed.
  async function evict(mine) {
    const now = video.currentTime;
    const ranges = video.buffered;
    for (let at = 0; at < ranges.length; at += 1) {
      const [first, last] = [ranges.start(at), ranges.end(at)];
      if (first < now - BEHIND_SECONDS) return remove(first, Math.min(last, now - BEHIND_SECONDS));
      if (first > now + AHEAD_SECONDS) return remove(first, last);
    }
    await new Promise((done) => {
      video.addEventListener("timeupdate", done, { once: true });
      mine.signal.addEventListener("abort", done, { once: true });
    });
    return !mine.signal.aborted;
  }

  async function remove(first, last) {
    buffer.remove(first, last);
    await settled();
    return true;
  }

  // Shows what has come of a place that was sought, when the place itself is still on its way.
  function snap(mine) {
    if (closed || mine.signal.aborted || exact || !video.seeking || holds(video.currentTime)) return;
    for (let at = 0; at < video.buffered.length; at += 1) {
      const [first, last] = [video.buffered.start(at), video.buffered.end(at)];
      if (last <= video.currentTime && video.currentTime - first < SNAP_SECONDS) {
        video.currentTime = first + 0.01;
        return;
      }
    }
  }

  async function read(from) {
    reading?.abort();
    const mine = Object.assign(new AbortController(), { from });
    reading = mine;
    try {
      const response = await fetch(address(from), { signal: mine.signal });
      if (!response.ok) throw Object.assign(new Error("refused"), { said: await response.text() });
      await settled();
      if (mine.signal.aborted || closed) return;
      if (source.readyState === "open") buffer.abort(); // half a fragment of the place before
      const stream = response.body.getReader();
      setTimeout(snap, SNAP_MS, mine);
      for (;;) {
        const { value, done } = await stream.read();
        if (done) break;
        tries = 0;
        await append(value, mine);
        await room();
        if (mine.signal.aborted || closed) return;
      }
      await settled();
      if (source.readyState === "open" && !mine.signal.aborted) source.endOfStream();
    } catch (error) {
      if (closed || mine.signal.aborted) return;
      tries += 1;
      if (tries >= TRIES || error.said) failed(error);
      else setTimeout(() => { if (reading === mine) read(video.currentTime + rangeAhead()); }, AGAIN_MS * tries);
    }
  }

  // Whether what is read, or was read to its end, goes on where a range ends.
  function goesOn([first, last]) {
    if (last >= video.duration - END_SECONDS || Math.abs(reading.from - last) < GAP_SECONDS) return true;
    const theirs = rangeOf(video, reading.from) ?? rangeOf(video, reading.from + GAP_SECONDS);
    return theirs !== null && theirs[0] === first;
  }

  // Reads what is missing at the place, or behind what an earlier jump had brought there.
  function seek({ type: event }) {
    if (!buffer) return;
    const range = rangeOf(video, video.currentTime);
    if (range === null ? event === "waiting" : goesOn(range)) return;
    tries = 0;
    read(range === null ? video.currentTime : range[1]);
  }

  source.addEventListener("sourceopen", () => {
    URL.revokeObjectURL(url);
    if (closed || buffer) return;
    try {
      buffer = source.addSourceBuffer(type);
    } catch (error) {
      failed(error);
      return;
    }
    if (duration > 0) source.duration = duration;
    if (begin > 0) video.currentTime = begin;
    read(begin);
  });
  for (const event of ["seeking", "waiting"]) video.addEventListener(event, seek);
  video.src = url;
  return () => {
    closed = true;
    reading?.abort();
    for (const event of ["seeking", "waiting"]) video.removeEventListener(event, seek);
  };
}

// The buffered range that holds a time, or null.
export function rangeOf(video, time) {
  for (let at = 0; at < video.buffered.length; at += 1) {
    if (video.buffered.start(at) - 0.1 <= time && time < video.buffered.end(at)) {
      return [video.buffered.start(at), video.buffered.end(at)];
    }
  }
  return null;
}
