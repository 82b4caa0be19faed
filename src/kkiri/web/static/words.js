// The page's common words, in the browser's language; each view brings its own words-NAME.js.
const korean = (navigator.language || "en").toLowerCase().startsWith("ko");
export const language = korean ? "ko" : "en";

// Gives the table of the reader's language out of {en: {…}, ko: {…}} with the same keys in both.
export const pick = (tables) => tables[language];

// A stranger's text without what is not seen, and without marks that turn the writing direction of
// what follows, pile up over other lines or make one letter wider than the window.
export const plain = (text) => String(text ?? "")
  .replace(/(\u2068[^\u2066-\u2069]*\u2069)|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, (_, own) => (own ? apart(own.slice(1, -1)) : ""))
  .replace(/([\p{M}\u1160-\u11ff]{8})[\p{M}\u1160-\u11ff]+/gu, "$1");

// The same for a name within a sentence: it keeps its writing direction to itself.
export const apart = (text) => `\u2068${plain(text)}\u2069`;

export const words = pick({
  en: {
    name: "kkiri",
    box: "Find anything",
    menu: "Parts of kkiri",
    skip: "To the results",
    get: "Get",
    getting: "On its way",
    here: "Here",
    play: "Play",
    cancel: "Cancel",
    close: "Close",
    yes: "Yes",
    save: "Save",
    remove: "Remove",
    copy: "Copy the link",
    copied: "It is copied.",
    copyYourself: "Copy this:",
    more: "More",
    back: "Back",
    loading: "One moment…",
    gone: "kkiri is not running. Start it with `kkiri up`; this page goes on by itself.",
    broken: "This part of the page could not be opened.",
    again: "Try again",
    nowhere: "There is no such place here.",
    unknown: "(no name)",
    files: (count) => (count === 1 ? "1 file" : `${count} files`),
    hubs: (count) => (count === 1 ? "1 hub" : `${count} hubs`),
    views: {
      transfers: "Transfers",
      library: "Library",
      people: "People",
      person: "Person",
      talks: "Talks",
      talk: "Talk",
      room: "Room",
      kept: "Kept searches",
      settings: "Settings",
      play: "Play",
      together: "Watch together",
    },
    corner: {
      transfers: "transfers",
      library: "library",
      people: "people",
      talks: "talks",
      kept: "kept",
      settings: "settings",
    },
    kinds: {
      music: "music",
      film: "film",
      text: "text",
      picture: "picture",
      program: "program",
      other: "other",
    },
  },
  ko: {
    name: "끼리",
    box: "무엇이든 찾기",
    menu: "끼리의 곳곳",
    skip: "결과로",
    get: "받기",
    getting: "받는 중",
    here: "받음",
    play: "틀기",
    cancel: "취소",
    close: "닫기",
    yes: "예",
    save: "저장",
    remove: "지우기",
    copy: "링크 복사",
    copied: "복사했습니다.",
    copyYourself: "이것을 복사하십시오:",
    more: "더 보기",
    back: "뒤로",
    loading: "잠시만요…",
    gone: "끼리가 돌고 있지 않습니다. `kkiri up`으로 켜면 이 페이지는 저절로 이어집니다.",
    broken: "이 부분을 열지 못했습니다.",
    again: "다시 해 보기",
    nowhere: "그런 곳은 없습니다.",
    unknown: "(이름 없음)",
    files: (count) => `파일 ${count}개`,
    hubs: (count) => `허브 ${count}곳`,
    views: {
      transfers: "받는 것",
      library: "내 서재",
      people: "사람들",
      person: "사람",
      talks: "이야기",
      talk: "이야기",
      room: "방",
      kept: "지켜보는 검색",
      settings: "설정",
      play: "재생",
      together: "함께 보기",
    },
    corner: {
      transfers: "받는 것",
      library: "서재",
      people: "사람들",
      talks: "이야기",
      kept: "지켜보기",
      settings: "설정",
    },
    kinds: {
      music: "음악",
      film: "영상",
      text: "글",
      picture: "그림",
      program: "프로그램",
      other: "기타",
    },
  },
});

const units = ["B", "kB", "MB", "GB", "TB"];

// Bytes as a person reads them: 3.4 MB.
export function size(bytes) {
  let left = bytes;
  let unit = 0;
  while (left >= 999.5 && unit < units.length - 1) {
    left /= 1000;
    unit += 1;
  }
  return `${unit === 0 || left >= 100 ? Math.round(left) : left.toFixed(1)} ${units[unit]}`;
}

// Seconds as a clock shows them: 3:07 or 1:02:03.
export function length(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value) => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

const near = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const far = new Intl.DateTimeFormat(language, { dateStyle: "medium" });
const steps = [[60, "second", 1], [3600, "minute", 60], [86400, "hour", 3600], [2592000, "day", 86400]];

// A Unix time as a person says it: 3 minutes ago, yesterday, 4 May 2026.
export function when(time) {
  const ago = time - Date.now() / 1000;
  for (const [limit, unit, seconds] of steps) {
    if (Math.abs(ago) < limit) return near.format(Math.trunc(ago / seconds), unit);
  }
  return far.format(new Date(time * 1000));
}

const numbers = new Intl.NumberFormat(language);
export const number = (value) => numbers.format(value);
