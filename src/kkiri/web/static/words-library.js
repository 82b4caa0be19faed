// Words of one's own library.
import { apart, pick } from "/static/words.js";

export const words = pick({
  en: {
    about: "Only the folders named here are shared, with everybody: what is in them can be found and fetched, under your name. Hidden files and links in them are not. What you add or change in a folder follows by itself.",
    none: "Nothing is shared yet.",
    path: "Folder or file to share, such as /home/me/Music",
    share: "Share it",
    listings: (count) => `${count} shared`,
    gone: "It is not there now (a drive that was taken out?)",
    adding: "Reading new files",
    hashing: (done, total) => `reading ${done} of ${total}`,
    show: "What is in it",
    look: "Look in this folder",
    fetched: (count) => (count === 1 ? "1 person fetches it" : `${count} people fetch it`),
    stop: "Stop sharing",
    stopAsk: (path) => `${apart(path)} is taken back: nobody finds it any more. The files stay where they are.`,
  },
  ko: {
    about: "여기에 적힌 폴더만 모두에게 공유됩니다. 그 안의 것은 누구나 찾아서 받을 수 있고, 내 이름으로 올라갑니다. 숨은 파일과 바로가기 링크는 빠집니다. 폴더에 더하거나 고친 것은 저절로 따라갑니다.",
    none: "아직 아무것도 공유하지 않습니다.",
    path: "공유할 폴더나 파일. 예: /home/me/음악",
    share: "공유하기",
    listings: (count) => `${count}가지 공유`,
    gone: "지금은 없습니다 (드라이브를 뺐나요?)",
    adding: "새 파일 읽는 중",
    hashing: (done, total) => `${total}가지 중 ${done}가지 읽음`,
    show: "안에 든 것",
    look: "이 폴더에서 찾기",
    fetched: (count) => `${count}명이 받는 중`,
    stop: "공유 그만두기",
    stopAsk: (path) => `${apart(path)}의 공유를 거둡니다. 더는 아무도 찾지 못합니다. 파일은 그 자리에 남습니다.`,
  },
});
