// One film or song in the page: what plays it, and the controls that a browser does not bring.
import { ask, live } from "/static/api.js";
import { button, choose, copy, field, make, note, set } from "/static/dom.js";
import { captions, DELAY_STEP, languageName } from "/static/play-captions.js";
import { showGot } from "/static/play-got.js";
import { keys } from "/static/play-keys.js";
import { keep, keepPlace, kept, placeOf } from "/static/play-memory.js";
import { feed } from "/static/play-source.js";
import { apart, language, length, plain, size } from "/static/words.js";
import { words } from "/static/words-play.js";

const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];
const COVER_TRIES = 4;
const COVER_MS = 3000; // between them
const KEEP_MS = 4000; // between two notes of the place
const NATIVE = /^(audio\/(mpeg|mp4|aac|flac|ogg|wav|webm|x-wav|x-flac)|video\/(mp4|ogg))/;

export const playable = (file) => /^(audio|video)\//.test(file.type) || ["music", "film"].includes(file.sort);

// Builds the player into `place` for the files that can be played; `told(name, value)` hears of
// `file` (another one is to be opened) and `user` acts are the <video>'s own events.
export function player(place, answer, { moved, exact = false }) {
  const files = answer.files.filter(playable);
  const video = make("video");
  const said = make("p", "said");
  const start = button("strong start", `▶ ${words.start}`, () => begin());
  const sound = button("sound", words.sound, () => {
    video.muted = false;
    sound.hidden = true;
  });
  const stage = make("div", "stage");
  const parts = { stop: () => {}, file: null, film: null, mode: null, sound: 0, covers: 0, ended: () => {} };
  const subs = captions(video, say);
  const got = showGot(video, answer);
  const controls = make("div", "controls");
  const list = make("ol", "playlist");
  let timer = 0;
  let lasting = false; // what is said stays until the film goes on

  video.controls = true;
  video.playsInline = true;
  video.preload = "auto";
  video.volume = kept("volume", 1);
  said.setAttribute("role", "status");
  for (const [element, act] of [[start, "play-start"], [sound, "play-sound"], [video, "play-film"]]) {
    element.dataset.act = act;
  }
  start.hidden = true;
  sound.hidden = true;
  const cover = make("img", "cover");
  cover.alt = "";
  cover.hidden = true;
  cover.addEventListener("load", () => { cover.hidden = false; });
  // the cover of a song that arrives is there a little later
  cover.addEventListener("error", () => {
    const { file } = parts;
    parts.covers += 1;
    if (parts.covers < COVER_TRIES) {
      setTimeout(() => { if (parts.file === file) cover.src = `${coverOf(file)}&again=${parts.covers}`; }, COVER_MS);
    }
  });
  stage.append(cover, video, said, start, sound);

  function say(text, stays = false) {
    clearTimeout(timer);
    lasting = stays;
    set(said, text);
    said.hidden = !text;
    if (text && !stays) timer = setTimeout(() => { said.hidden = true; }, 2500);
  }

  // A film that goes on ends what was said of its waiting, not what a person has just done.
  function goesOn() {
    if (lasting) say("");
  }

  // Browsers let a page begin with sound only after a person has done something in it.
  async function begin() {
    start.hidden = true;
    for (const muted of [video.muted, true]) {
      video.muted = muted;
      try {
        await video.play();
        sound.hidden = !video.muted || muted === kept("muted", false);
        return;
      } catch (error) {
        if (error.name === "AbortError") return;
        if (error.name !== "NotAllowedError") break;
      }
    }
    start.hidden = false;
  }

  function trouble(error) {
    let sentence = "";
    try {
      sentence = JSON.parse(error?.said ?? "{}").error?.[language] ?? "";
    } catch { /* not a refusal of ours */ }
    say(sentence || words.broken, true);
  }

  // A WebM that arrives: Chromium seeks in it three times quicker when it comes as fragments.
  function inParts(film, file) {
    return file.type === "video/webm" && parts.transfer?.finished === false && /^(vp9|av1)$/.test(film.video)
      && film.audio.every((one) => one.codec === "opus") && globalThis.MediaSource?.isTypeSupported(film.type);
  }

  // Plays the file itself where the browser can, else fragments of it: as they are, or made plain.
  function load(at) {
    const { film, file } = parts;
    parts.stop();
    parts.stop = () => {};
    if (!film || (film.direct && parts.sound === 0 && !inParts(film, file))) {
      parts.mode = "direct";
      video.src = file.url;
      if (at > 0) video.currentTime = at;
      return;
    }
    const types = [film.audio[parts.sound]?.type || film.type, film.plain_type];
    const plainly = parts.mode === "copied" ? 1 : types.findIndex((type) => type && globalThis.MediaSource?.isTypeSupported(type));
    if (plainly < 0 || parts.mode === "plain") {
      video.removeAttribute("src");
      say(words.cannot, true);
      return;
    }
    parts.mode = plainly ? "plain" : "copied";
    const address = (from) => `/api/film/${answer.info_hash}/${file.index}/mp4?start=${from.toFixed(3)}&audio=${parts.sound}${plainly ? "&plain=true" : ""}`;
    parts.stop = feed(video, { type: types[plainly], duration: film.duration, address, begin: at, failed: trouble, exact });
  }

  // Another way to play the same: first the file itself, then fragments, then plain ones.
  function again() {
    const { film } = parts;
    if (!film || parts.mode === "plain" || !film.type) return false;
    if (parts.mode === "direct") parts.film = { ...film, direct: false };
    load(video.currentTime);
    begin();
    return true;
  }

  // Looks for subtitles that are shared beside the film, not with it; no film waits for them.
  async function others(file, id) {
    const found = await ask(`/api/film/${id}/elsewhere`).catch(() => []);
    if (parts.file === file) subs.add(found);
  }

  // Opens one file of the list; `at` is where, otherwise where it was left.
  async function open(index, at = null, go = true) {
    const file = files.find((one) => one.index === index) ?? files[0];
    if (!file) {
      say(words.nothing, true);
      return;
    }
    parts.file = file;
    parts.film = null;
    parts.sound = 0;
    parts.mode = null;
    const id = `${answer.info_hash}/${file.index}`;
    const from = at ?? placeOf(id);
    video.setAttribute("aria-label", plain(nameOf(file)));
    const song = file.sort === "music" || file.type.startsWith("audio/");
    stage.classList.toggle("song", song);
    cover.hidden = true;
    small.hidden = song || !document.pictureInPictureEnabled;
    full.hidden = song;
    parts.covers = 0;
    if (song) {
      video.removeAttribute("poster");
      cover.src = coverOf(file);
    } else {
      video.poster = coverOf(file);
    }
    mark(file);
    subs.open([], () => "");
    tracks.hidden = true;
    say(words.looking, true);
    const quick = NATIVE.test(file.type);
    if (quick) {
      load(from);
      if (go) begin();
    }
    try {
      const film = await ask(`/api/film/${id}`);
      if (parts.file !== file) return;
      parts.film = film;
      if (!quick || (parts.mode === "direct" && (!film.direct || video.error))) {
        if (video.error) parts.film = { ...film, direct: false };
        load(quick && video.currentTime ? video.currentTime : from);
        if (go) begin();
      }
      subs.open(film.subtitles ?? [], (number) => `/api/film/${id}/subtitles/${number}`);
      showTracks(film.audio ?? []);
      if (!song) others(file, id);
    } catch (error) {
      if (parts.file !== file) return;
      if (file.type === "video/webm") { // not looked at, but most browsers know it
        load(from);
        if (go) begin();
      } else if (!quick) say(error.refusal ? error.message : words.broken, true);
    }
    if (at === null && from > 0) {
      note(words.continued(length(from)));
      fresh.hidden = false;
    }
  }

  const fresh = button("quiet", words.fromStart, () => {
    video.currentTime = 0;
    fresh.hidden = true;
  });
  fresh.dataset.act = "play-fresh";
  fresh.hidden = true;

  const soundtrack = choose([], "");
  soundtrack.dataset.act = "play-soundtrack";
  soundtrack.addEventListener("change", () => {
    parts.sound = Number(soundtrack.value);
    parts.mode = null;
    const was = video.paused;
    load(video.currentTime);
    if (!was) begin();
  });
  const tracks = field(words.soundtrack, soundtrack);

  function showTracks(all) {
    const labels = all.map((one, at) => [at, [languageName(one.language), one.title].filter(Boolean).map(apart).join(" · ") || words.soundNumber(at + 1)]);
    soundtrack.replaceChildren(...choose(labels, "0").children);
    soundtrack.value = "0";
    tracks.hidden = all.length < 2;
  }

  const speed = choose(SPEEDS.map((one) => [one, `${one}×`]), "1");
  speed.dataset.act = "play-speed";
  speed.addEventListener("change", () => { video.playbackRate = Number(speed.value); });

  const coverOf = (file) => `/api/cover/${answer.info_hash}?index=${file.index}`;

  function step(by) {
    const next = files[files.indexOf(parts.file) + by];
    if (next) moved(next.index);
    return Boolean(next);
  }

  function mark(file) {
    const at = files.indexOf(file);
    previous.disabled = at <= 0;
    next.disabled = at >= files.length - 1;
    for (const row of list.children) {
      const here = row.dataset.index === String(file.index);
      row.firstChild.toggleAttribute("aria-current", here);
      if (here) row.firstChild.setAttribute("aria-current", "true");
    }
    got.open(file);
  }

  function act(name, text, label, does) {
    const one = button("small", text, does);
    one.dataset.act = `play-${name}`;
    if (label !== text) {
      one.setAttribute("aria-label", `${text} ${label}`); // what is read begins with what is seen
      one.title = label;
    }
    return one;
  }

  const previous = act("previous", words.previous, words.previous, () => step(-1));
  const next = act("next", words.next, words.next, () => step(1));
  const captionActs = make("div", "acts");
  captionActs.append(
    act("smaller", words.smallerSign, words.smaller, () => subs.size(-1)),
    act("larger", words.largerSign, words.larger, () => subs.size(1)),
    act("earlier", "−0.5", words.earlier, () => subs.shift(-DELAY_STEP)),
    act("later", "+0.5", words.later, () => subs.shift(DELAY_STEP)),
  );
  const small = act("small", words.small, words.small, () => {
    if (document.pictureInPictureElement) document.exitPictureInPicture();
    else video.requestPictureInPicture().catch((error) => note(error.message));
  });
  const full = act("full", words.full, words.full, fullscreen);
  const outside = make("details", "others");
  const link = act("link", words.link, words.link, () => copy(parts.file.open));
  const whole = act("list", words.list, words.list, () => copy(answer.m3u));
  const outsideActs = make("div", "acts");
  outsideActs.append(link, whole);
  outside.append(make("summary", "", words.others), outsideActs);
  outside.firstChild.dataset.act = "play-others";

  function fullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else (video.requestFullscreen?.() ?? Promise.reject(new Error(words.cannot))).catch((error) => note(error.message));
  }

  const captionBox = make("div", "captions");
  captionBox.append(subs.box, captionActs);
  const row = make("div", "acts");
  row.append(previous, next, fresh, small, full);
  controls.append(row, captionBox, tracks, field(words.speed, speed));
  previous.hidden = files.length < 2;
  next.hidden = files.length < 2;

  for (const file of files) {
    const item = make("li");
    item.dataset.index = file.index;
    const pick = button("quiet", `${apart(nameOf(file))} · ${size(file.size)}`, () => moved(file.index));
    pick.dataset.act = "play-pick";
    item.append(pick);
    list.append(item);
  }
  place.append(stage, got.canvas, controls);
  if (files.length > 1) place.append(make("h3", "", words.playlist), list);
  place.append(outside);

  const ends = [
    keys(place, video, { step, subs, fullscreen, say }),
    live.on("transfers", ({ all }) => { parts.transfer = all.get(answer.info_hash); }),
    listenTo(video, {
      playing: goesOn,
      canplay: goesOn,
      waiting: wait,
      stalled: wait,
      volumechange: () => {
        keep("volume", video.volume);
        if (!video.muted) sound.hidden = true;
      },
      ratechange: () => { if (SPEEDS.includes(video.playbackRate)) speed.value = String(video.playbackRate); },
      ended: () => parts.ended(),
      error: () => {
        if (!video.error || !video.getAttribute("src")) return;
        if (!again() && parts.film) say(words.cannot, true);
      },
    }),
  ];
  const every = setInterval(() => {
    if (parts.file && video.currentTime > 0 && !video.seeking) {
      keepPlace(`${answer.info_hash}/${parts.file.index}`, video.currentTime, video.duration);
    }
  }, KEEP_MS);

  function wait() {
    if (video.paused || video.ended || video.readyState > 2) return;
    const now = parts.transfer;
    if (!now || now.finished) say(words.waiting, true);
    else if (!now.peers) say(words.nobody, true);
    else say(words.waitingRate(size(now.down_rate), now.peers), true);
  }

  return {
    video,
    open,
    begin,
    say,
    step,
    files,
    file: () => parts.file,
    film: () => parts.film,
    controls: row,
    onEnded: (fn) => { parts.ended = fn; },
    close() {
      clearInterval(every);
      clearTimeout(timer);
      for (const end of ends) end();
      got.close();
      parts.stop();
      video.removeAttribute("src");
      video.load();
    },
  };
}

export function listenTo(target, table) {
  for (const [name, fn] of Object.entries(table)) target.addEventListener(name, fn);
  return () => {
    for (const [name, fn] of Object.entries(table)) target.removeEventListener(name, fn);
  };
}

const nameOf = (file) => file.path.split("/").pop();
