// Words of the first start.
import { pick } from "/static/words.js";

export const words = pick({
  en: {
    shares: "You share nothing yet; only what you put into a folder of your library can be seen by others.",
    library: "Open the library",
    key: "Your name here is a key that only this computer has; write its backup words down once, in a terminal:",
    network: "What you find comes straight from the computers of other people, and no company stands between.",
    understood: "Understood",
  },
  ko: {
    shares: "아직 아무것도 공유하지 않습니다. 내 서재의 폴더에 넣은 것만 다른 사람에게 보입니다.",
    library: "서재 열기",
    key: "여기에서 내 이름은 이 컴퓨터에만 있는 키입니다. 되찾을 때 쓸 낱말을 터미널에서 한 번 적어 두십시오:",
    network: "찾는 것은 다른 사람들의 컴퓨터에서 바로 오고, 그 사이에 아무 회사도 없습니다.",
    understood: "알겠습니다",
  },
});
