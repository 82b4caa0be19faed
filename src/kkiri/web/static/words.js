// The page's words in both languages; the browser says which.
const korean = (navigator.language || "en").toLowerCase().startsWith("ko");
export const language = korean ? "ko" : "en";

const say = (english, other) => (korean ? other : english);

export const words = {
  box: say("Find anything", "무엇이든 찾기"),
  get: say("Get", "받기"),
  getting: say("On its way", "받는 중"),
  here: say("Here", "받음"),
  nothing: say("Nothing was found.", "찾지 못했습니다."),
  searching: say("Looking…", "찾는 중…"),
  pause: say("Pause", "멈춤"),
  resume: say("Go on", "잇기"),
  cancel: say("Cancel", "취소"),
  forget: say("Off the list", "목록에서 지우기"),
  gone: say("kkiri is not running.", "끼리가 돌고 있지 않습니다."),
  copied: say("The link is copied.", "링크를 복사했습니다."),
  unknown: say("(no name)", "(이름 없음)"),
  found: (count) => say(`${count} found`, `${count}가지 찾음`),
  sources: (count) => say(count === 1 ? "1 source" : `${count} sources`, `가진 사람 ${count}`),
  confirmed: (count) => say(`also shared by ${count} others`, `다른 ${count}명도 공유`),
  looksLike: (name) => say(`not the ${plain(name)} you know`, `아는 ${plain(name)} 님이 아닙니다`),
  files: (count) => say(`${count} files`, `파일 ${count}개`),
  hubs: (count) => say(count === 1 ? "1 hub" : `${count} hubs`, `허브 ${count}곳`),
  transfers: (count) => say(`Transfers ${count}`, `받는 것 ${count}`),
  peers: (count) => say(count === 1 ? "1 peer" : `${count} peers`, `피어 ${count}`),
  left: (time) => say(`${time} left`, `${time} 남음`),
  shares: (count) => say(`shares ${count}`, `${count}가지 공유`),
  kinds: {
    music: say("music", "음악"),
    film: say("film", "영상"),
    text: say("text", "글"),
    picture: say("picture", "그림"),
    program: say("program", "프로그램"),
    other: say("other", "기타"),
  },
  states: {
    metadata: say("looking for it", "찾는 중"),
    checking: say("checking", "확인 중"),
    fetching: say("fetching", "받는 중"),
    seeding: say("here", "다 받음"),
    paused: say("paused", "멈춤"),
    disk_full: say("the disk is full", "디스크가 가득 찼습니다"),
    failed: say("failed", "실패"),
    waiting: say("waiting", "기다리는 중"),
  },
};

const units = ["B", "kB", "MB", "GB", "TB"];

export function size(bytes) {
  let left = bytes;
  let unit = 0;
  while (left >= 999.5 && unit < units.length - 1) {
    left /= 1000;
    unit += 1;
  }
  return `${unit === 0 || left >= 100 ? Math.round(left) : left.toFixed(1)} ${units[unit]}`;
}

export function length(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value) => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

// a stranger's text may turn the writing direction of what follows it
export const plain = (text) => String(text ?? "").replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "");
