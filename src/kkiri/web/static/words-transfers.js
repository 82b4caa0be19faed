// Words of the transfers.
import { pick } from "/static/words.js";

export const words = pick({
  en: {
    here: "Here",
    pause: "Pause",
    resume: "Go on",
    cancel: "Cancel",
    forget: "Off the list",
    peers: (count) => (count === 1 ? "1 peer" : `${count} peers`),
    left: (time) => `${time} left`,
    states: {
      metadata: "looking for it",
      checking: "checking",
      fetching: "fetching",
      seeding: "here",
      paused: "paused",
      disk_full: "the disk is full",
      failed: "failed",
      waiting: "waiting",
    },
  },
  ko: {
    here: "받음",
    pause: "멈춤",
    resume: "잇기",
    cancel: "취소",
    forget: "목록에서 지우기",
    peers: (count) => `피어 ${count}`,
    left: (time) => `${time} 남음`,
    states: {
      metadata: "찾는 중",
      checking: "확인 중",
      fetching: "받는 중",
      seeding: "다 받음",
      paused: "멈춤",
      disk_full: "디스크가 가득 찼습니다",
      failed: "실패",
      waiting: "기다리는 중",
    },
  },
});
