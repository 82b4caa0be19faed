"""A shared folder becomes listings: files each their own, sub-folders whole."""

from hypothesis import given
from hypothesis import strategies as st

from kkiri.swarm.layout import plan


def test_files_are_listings_and_sub_folders_are_one_each() -> None:
    files = [
        (("노래.mp3",), 5),
        (("앨범", "1.mp3"), 3),
        (("빈.txt",), 0),
        (("앨범", "표지", "앞.jpg"), 2),
        (("앨범", "빈.txt"), 0),
        (("텅", "빈.txt"), 0),
    ]
    found = [(one.name, one.files, one.size, one.single) for one in plan(files)]
    assert found == [("노래.mp3", (0,), 5, True), ("앨범", (1, 3, 4), 5, False)]


@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(tuple),
            st.integers(0, 3),
        ),
        max_size=12,
    )
)
def test_no_file_is_in_two_listings(files: list[tuple[tuple[str, ...], int]]) -> None:
    found = plan(files)
    numbers = [number for one in found for number in one.files]
    assert len(numbers) == len(set(numbers))
    for number, (_, size) in enumerate(files):
        assert size == 0 or number in numbers
    assert all(one.size > 0 for one in found)
