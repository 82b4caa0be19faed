// Words of the kept searches.
import { apart, pick } from "/static/words.js";

export const words = pick({
  en: {
    about: "These searches go on by themselves, also while no page is open. Anything new that is published and answers one of them is shown here within seconds.",
    none: "No search is kept. Look for something and press “Keep this search”.",
    since: (time) => `kept ${time}`,
    fresh: (count) => (count ? `${count} new` : "nothing new"),
    drop: "Drop",
    notices: "Also tell me with a notice of this computer",
    notice: (search) => `New for “${apart(search)}”`,
  },
  ko: {
    about: "이 검색들은 페이지를 닫아도 저절로 이어집니다. 들어맞는 것이 새로 올라오면 몇 초 안에 여기에 나타납니다.",
    none: "지켜보는 검색이 없습니다. 무언가를 찾은 뒤 “이 검색 지켜보기”를 누르십시오.",
    since: (time) => `${time}부터 지켜봄`,
    fresh: (count) => (count ? `새것 ${count}가지` : "새것 없음"),
    drop: "그만 지켜보기",
    notices: "이 컴퓨터의 알림으로도 알려 주기",
    notice: (search) => `“${apart(search)}”에 새것`,
  },
});
