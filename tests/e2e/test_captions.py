"""A film and its subtitles as two listings of one folder: the page brings them together."""

from pathlib import Path

from tests.e2e.browser import browser
from tests.e2e.peers import people, until
from tests.fakes import films

SAMI = (
    "<SAMI><BODY>\n<SYNC Start=0><P Class=KRCC>겨울 <font color=yellow>바다</font>\n"
    "<SYNC Start=9000><P Class=KRCC>&nbsp;\n</BODY></SAMI>\n"
)
SHOWN = """(() => {
  const track = document.querySelector('video')?.textTracks[0];
  return track?.mode === 'showing' ? [...track.cues].map((cue) => cue.text).join('|') : '';
})()"""


def test_subtitles_shared_beside_a_film_are_shown_with_it(tmp_path: Path) -> None:
    with people(tmp_path, "one", "two") as (one, two), browser(tmp_path, lang="ko-KR") as page:
        folder = one.folder / "영화"
        folder.mkdir()
        films.make(folder, "plain.mp4")[0].rename(folder / "겨울 바다.mp4")
        (folder / "겨울 바다.smi").write_bytes(SAMI.encode("cp949"))
        two.up("--bootstrap", one.up()["hub"])
        assert one.do("share", str(folder), "--wait", "--json").one["listings"] == 2
        found = until(lambda: two.do("find", "겨울", "--kind", "film", "--json").lines or None, 20)
        page.go(two.ready()["page"])
        page.wait("document.getElementById('state').classList.contains('on')")
        two.do("get", found[0]["link"], "--wait")
        page.run(f"location.hash = '#/play/{found[0]['info_hash']}/0'")
        assert page.wait(SHOWN) == "겨울 바다"
        assert page.problems() == []
    assert (two.home / "incoming" / "겨울 바다.smi").read_bytes() == SAMI.encode("cp949")
