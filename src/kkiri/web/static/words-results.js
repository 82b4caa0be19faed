// Words of the search and its finds.
import { pick } from "/static/words.js";

export const words = pick({
  en: {
    searching: "Looking…",
    nothing: "Nothing was found.",
    found: (count) => `${count} found`,
    sources: (count) => (count === 1 ? "1 source" : `${count} sources`),
    confirmed: (count) => `also shared by ${count} others`,
    looksLike: (name) => `not the ${name} you know`,
  },
  ko: {
    searching: "찾는 중…",
    nothing: "찾지 못했습니다.",
    found: (count) => `${count}가지 찾음`,
    sources: (count) => `가진 사람 ${count}`,
    confirmed: (count) => `다른 ${count}명도 공유`,
    looksLike: (name) => `아는 ${name} 님이 아닙니다`,
  },
});
