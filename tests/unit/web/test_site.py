"""The page's files: packed for who takes it, the same bytes for everybody, light all together."""

import gzip

import httpx
import pytest
from fastapi import FastAPI

from kkiri.web.site import FOLDER, KINDS, site

ALL_BYTES_MAX = 150_000
"""Of every file of every place of the page together, as it is sent."""


@pytest.fixture
def page() -> httpx.AsyncClient:
    app = FastAPI()
    app.include_router(site())
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")


async def test_every_file_comes_packed_or_plain_and_all_of_them_are_light(
    page: httpx.AsyncClient,
) -> None:
    sent = 0
    for path in FOLDER.iterdir():
        where = "/" if path.name == "index.html" else f"/static/{path.name}"
        plain = await page.get(where, headers={"accept-encoding": "identity"})
        request = page.build_request("GET", where, headers={"accept-encoding": "br, gzip;q=0.8"})
        packed = await page.send(request, stream=True)
        raw = b"".join([part async for part in packed.aiter_raw()])
        assert plain.content == gzip.decompress(raw) == path.read_bytes()
        assert packed.headers["content-encoding"] == "gzip"
        assert packed.headers["content-type"] == KINDS[path.suffix]
        sent += len(raw)
    assert 10_000 < sent <= ALL_BYTES_MAX


@pytest.mark.parametrize("accepted", ["", "identity", "gzip;q=0", "gzip; q=0.000", "x-gzip, br"])
async def test_who_does_not_take_it_packed_gets_it_plain(
    page: httpx.AsyncClient, accepted: str
) -> None:
    answer = await page.get("/static/main.js", headers={"accept-encoding": accepted})
    assert "content-encoding" not in answer.headers
    assert answer.content == (FOLDER / "main.js").read_bytes()


async def test_no_other_file_is_ever_given(page: httpx.AsyncClient) -> None:
    for name in ("site.py", "..%2Fsite.py", "index.html%00", "nothing.js"):
        assert (await page.get(f"/static/{name}")).status_code == 404
