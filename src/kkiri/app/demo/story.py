"""The demo's steps, each told as a person would tell it, each checked; any failure ends it."""

import contextlib
import hashlib
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType

import msgspec

from kkiri.adapters.system import open_browser
from kkiri.app.client import page_link, running_peer
from kkiri.app.demo import works
from kkiri.app.demo.company import (
    Company,
    DemoFailedError,
    Fetched,
    Find,
    Person,
    Seen,
    Shared,
    Status,
    Talk,
    Transfer,
)
from kkiri.app.home import Home

MEET_SECONDS_MAX = 30.0  # meeting takes 1-3 s
NEWS_SECONDS_MAX = 15.0  # a kept search fires within 5 s; the folder is looked at first
LETTER_SECONDS_MAX = 30.0  # the hubs are dialled again, and asked for what came meanwhile
REMOVE_SECONDS_MAX = 10.0  # a hub ends within a second of its peer
LOOK_SECONDS = 0.1  # between two looks at something that is about to happen
FETCH_BYTES_MAX = 500_000_000  # of a person's own things one of at most this size is fetched
READ_BYTES = 1 << 20  # how much of a file is hashed at once


@dataclass(slots=True, kw_only=True)
class Story:
    """Who is there, and how it is told."""

    company: Company
    write: Callable[[str], None]
    korean: bool
    own: Path | None
    """A folder of the person's own, shared instead of what is made on the spot."""
    begun: float = field(default_factory=time.monotonic)
    number: int = 0
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(5))

    def say(self, english: str, korean: str) -> None:
        """Tell a line."""
        self.write(korean if self.korean else english)

    def step(self, english: str, korean: str) -> None:
        """Tell the next step."""
        self.number += 1
        seconds = time.monotonic() - self.begun
        self.write(f"\n{self.number}. {korean if self.korean else english}  [{seconds:.1f} s]")


def run(*, own: Path | None, once: bool, korean: bool, write: Callable[[str], None]) -> None:
    """Tell the whole story; nothing of it is left behind, whatever happens.

    Raises: DemoFailedError.
    """
    before = signal.signal(signal.SIGTERM, _leave)
    folder = Path(tempfile.mkdtemp(prefix="kkiri-demo-"))
    company = Company(folder, "ko" if korean else "en")
    story = Story(company=company, write=write, korean=korean, own=own)
    try:
        _tell(story)
        if not once:
            _open_page(story)
    finally:
        story.pool.shutdown(cancel_futures=True)
        company.end()
        _remove(folder)
        signal.signal(signal.SIGTERM, before)


def _remove(folder: Path) -> None:
    """Remove the folder, also when a hub that lost its peer is still closing its files."""
    deadline = time.monotonic() + REMOVE_SECONDS_MAX
    while folder.exists() and time.monotonic() < deadline:
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(LOOK_SECONDS)


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + signal.SIGTERM)


def _tell(story: Story) -> None:
    people = _begin(story)
    haneul, mina, doyun, ada, me = people
    _share(story, people)
    news = _keep_search(story, me)
    if story.own is None:
        _search(story, me)
    find = _fetch_from_several(story, me, haneul)
    _fetch_more(story, me, mina, ada)
    _write_to_who_is_off(story, me, mina)
    _news_arrive(story, doyun, news)
    _plug_is_pulled(story, haneul, ada, find)
    seconds = time.monotonic() - story.begun
    story.step(
        f"That was kkiri: no server, no account, no internet. {seconds:.0f} seconds.",
        f"이것이 끼리입니다. 서버도, 가입도, 인터넷도 없이 {seconds:.0f}초 걸렸습니다.",
    )


def _begin(story: Story) -> list[Person]:
    names = (
        ("하늘", "미나", "도윤", "Ada", "나")
        if story.korean
        else ("Haneul", "Mina", "Doyun", "Ada", "You")
    )
    people = [story.company.add(name) for name in names]
    story.step(
        "Five people switch on their own kkiri on this computer: " + ", ".join(names) + ".",
        "다섯 사람이 이 컴퓨터에서 저마다 끼리를 켭니다: " + ", ".join(names) + ".",
    )
    haneul = people[0]
    making = [
        story.pool.submit(works.make_for_third, people[2].folder),
        story.pool.submit(works.make_for_fourth, people[3].folder),
    ]
    if story.own is None:
        making.append(story.pool.submit(works.make_for_first, haneul.folder))
    story.company.start(haneul)
    for started in [
        story.pool.submit(story.company.start, person, haneul.hub) for person in people[1:]
    ]:
        started.result()
    for made in making:
        made.result()
    works.make_for_second(people[1].folder, haneul.folder)
    for person in people:
        met = partial(_has_met, story, person, len(people) - 1)
        _until(met, MEET_SECONDS_MAX, "hubs did not meet")
    story.say(
        f"   They all knew one address, {haneul.hub}, and have found one another from there.",
        f"   모두 주소 하나({haneul.hub})만 알았는데, 거기서부터 서로를 찾았습니다.",
    )
    return people


def _has_met(story: Story, person: Person, hubs: int) -> bool:
    return len(story.company.ask(person, Status, "status", "--json").hubs) >= hubs


def _share(story: Story, people: list[Person]) -> None:
    story.step("They share what they have.", "가진 것을 나눕니다.")
    for person in people:
        story.company.run(person, "profile", "--name", person.name)
    if story.own is not None:
        people[0].folder = story.own

    def share(person: Person) -> Shared:
        folders = [person.folder]
        if story.own is not None and person is people[1]:
            folders.append(story.own)
        said = [
            story.company.ask(person, Shared, "share", str(folder), "--wait", "--json")
            for folder in folders
        ]
        return Shared(listings=sum(s.listings for s in said), bytes=sum(s.bytes for s in said))

    sharing = [(person, story.pool.submit(share, person)) for person in people[:4]]
    for person, shared in sharing:
        done = shared.result()
        story.say(
            f"   {person.name}: {done.listings} things, {_size(done.bytes)}",
            f"   {person.name}: {done.listings}가지, {_size(done.bytes)}",
        )


def _keep_search(story: Story, me: Person) -> Path:
    story.step(
        "You ask to be told when something new with 달빛 (moonlight) appears.",
        "'달빛'이 들어간 것이 새로 나오면 알려 달라고 해 둡니다.",
    )
    return story.company.listen(me, "find", "달빛", "--keep", "--json")


def _search(story: Story, me: Person) -> None:
    story.step("You search, the way people type.", "사람들이 치는 대로 찾아봅니다.")
    tries = (
        ("옛날이야기", "옛날 이야기", "no space", "붙여 써도"),
        ("ㅅㄹㅂㄷ", "소리바다", "first letters only", "초성만 쳐도"),
        ("river walk", "walk", "in English", "영어로도"),
    )
    for words, wanted, english, korean in tries:
        began = time.monotonic()
        found = _find(story, me, words, title=wanted)
        took = time.monotonic() - began
        story.say(
            f"   {words} ({english}) → {found.title}, from {found.author_name}, {took:.1f} s",
            f"   {words} ({korean}) → {found.title}, {found.author_name}에게 있음, {took:.1f}초",
        )


def _find(story: Story, me: Person, words: str, *, title: str = "", info_hash: str = "") -> Find:
    for find in story.company.lines(me, Find, "find", "--json", *words.split()):
        if title.lower() in find.title.lower() and info_hash in find.info_hash:
            return find
    raise DemoFailedError(f"kkiri find {words}")


def _fetch_from_several(story: Story, me: Person, haneul: Person) -> Find:
    if story.own is None:
        original = haneul.folder / works.FILM
        find = _find(story, me, "달빛 여행", title="달빛 여행")
    else:
        seen = story.company.ask(me, Seen, "person", haneul.npub, "--json")
        fitting = [find for find in seen.library if find.size <= FETCH_BYTES_MAX]
        if not fitting:
            raise DemoFailedError(f"{story.own}: 0")
        largest = max(fitting, key=lambda one: one.size)
        find = _find(story, me, largest.title, info_hash=largest.info_hash)
        original = story.own
    story.step(
        f"You fetch {find.title}, {_size(find.size)}; {find.sources} people have it.",
        f"받아 봅니다: {find.title}, {_size(find.size)}. {find.sources}명에게 있습니다.",
    )
    fetched = _fetch(story, me, find, original)
    transfers = story.company.lines(me, Transfer, "transfers", "--json")
    came = next((one.sources for one in transfers if one.info_hash == find.info_hash), [])
    story.say(
        f"   It came from {len(came)} of them at once in {fetched.seconds:.1f} s, "
        "and every byte is right.",
        f"   {len(came)}명에게서 한꺼번에 {fetched.seconds:.1f}초 만에 받았고, "
        "한 바이트도 틀리지 않습니다.",
    )
    if find.sources < 2 or (story.own is None and len(came) < 2):
        raise DemoFailedError(f"sources: {find.sources}, {came}")
    return find


def _fetch_more(story: Story, me: Person, mina: Person, ada: Person) -> None:
    story.step(
        "You fetch a whole album, and a text.", "앨범 하나를 통째로, 그리고 글 하나를 받습니다."
    )
    for words, original in ((works.ALBUM, mina.folder), (Path(works.WALK).stem, ada.folder)):
        find = _find(story, me, words, title=words)
        fetched = _fetch(story, me, find, original)
        story.say(
            f"   {find.title}: {_size(fetched.bytes)} from {find.author_name}, every byte right.",
            f"   {find.title}: {_size(fetched.bytes)}, 바이트까지 그대로 ({find.author_name})",
        )


def _fetch(story: Story, person: Person, find: Find, original: Path) -> Fetched:
    to = person.home.parent / "fetched"
    to.mkdir(exist_ok=True)
    fetched = story.company.ask(
        person, Fetched, "get", find.link, "--to", str(to), "--wait", "--json"
    )
    path = Path(fetched.path)
    if original.is_dir():
        original = original / path.name
    if _hashes(path) != _hashes(original):
        raise DemoFailedError(f"{path}: bytes")
    return fetched


def _write_to_who_is_off(story: Story, me: Person, mina: Person) -> None:
    story.step(
        f"{mina.name}'s computer is off. You write to {mina.name} all the same.",
        f"{mina.name}의 컴퓨터는 꺼져 있습니다. 그래도 {mina.name}에게 편지를 씁니다.",
    )
    text = "노래 잘 들었어요!" if story.korean else "I love your songs!"
    story.company.kill(mina)
    story.company.run(me, "say", mina.npub, text)
    story.company.start(mina, me.hub)
    began = time.monotonic()

    def read() -> bool:
        talks = story.company.lines(mina, Talk, "talks", "--json")
        return any(talk.last is not None and talk.last.text == text for talk in talks)

    _until(read, LETTER_SECONDS_MAX, "message")
    took = time.monotonic() - began
    story.say(
        f"   {mina.name} switches on, and {took:.1f} s later reads: {text}",
        f"   {mina.name}의 끼리가 켜지고 {took:.1f}초 뒤, 이렇게 읽습니다: {text}",
    )


def _news_arrive(story: Story, doyun: Person, news: Path) -> None:
    story.step(
        f"{doyun.name} puts a new song into the shared folder.",
        f"{doyun.name}: 공유 폴더에 새 노래를 넣습니다.",
    )
    made = story.company.folder / "new.mp3"
    works.make_new_song(made)
    began = time.monotonic()
    made.rename(doyun.folder / works.NEW_SONG)

    def told() -> bool:
        lines = news.read_bytes().split(b"\n")[:-1]
        finds = [msgspec.json.decode(line, type=Find) for line in lines]
        return any("달빛 아래서" in find.title for find in finds)

    _until(told, NEWS_SECONDS_MAX, "kept search")
    took = time.monotonic() - began
    story.say(
        f"   {took:.1f} s later your kept search tells you of it.",
        f"   {took:.1f}초 뒤, 해 둔 검색이 새 노래를 알려 줍니다.",
    )


def _plug_is_pulled(story: Story, haneul: Person, ada: Person, find: Find) -> None:
    story.step(
        f"The plug of {haneul.name}'s computer is pulled: the hub that everybody called first.",
        f"{haneul.name}의 컴퓨터 전원이 뽑힙니다. 모두가 처음에 불렀던 바로 그 허브입니다.",
    )
    story.company.kill(haneul)
    original = story.own or story.company.people[1].folder
    again = _find(story, ada, find.title, info_hash=find.info_hash)
    story.say(
        f"   {ada.name} still finds {again.title},",
        f"   그래도 {ada.name}의 검색에는 그대로 나오고({again.title}),",
    )
    fetched = _fetch(story, ada, again, original)
    story.say(
        f"   and fetches it from who is left in {fetched.seconds:.1f} s.",
        f"   남은 사람에게서 {fetched.seconds:.1f}초 만에 받습니다.",
    )


def _open_page(story: Story) -> None:
    me = story.company.people[-1]
    home = Home(me.home)
    running = running_peer(home)
    if running is None:
        raise DemoFailedError(str(me.home))
    link = page_link(home, running)
    story.say(
        f"\nYour page is open now: {link}\nCtrl-C ends the demo and removes all of it.",
        f"\n이제 내 페이지를 엽니다: {link}\nCtrl-C를 누르면 데모가 끝나고 남김없이 지워집니다.",
    )
    open_browser(link)
    process = me.process
    if process is not None:
        with contextlib.suppress(KeyboardInterrupt):
            process.wait()


def _until(done: Callable[[], bool], seconds_max: float, what: str) -> None:
    deadline = time.monotonic() + seconds_max
    while not done():
        if time.monotonic() > deadline:
            raise DemoFailedError(what)
        time.sleep(LOOK_SECONDS)


def _hashes(path: Path) -> dict[str, str]:
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    found = {}
    for file in files:
        digest = hashlib.sha256()
        with file.open("rb") as opened:
            while part := opened.read(READ_BYTES):
                digest.update(part)
        found[file.relative_to(path.parent).as_posix()] = digest.hexdigest()
    return found


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.1f} kB"
