"""Which pages show the status of nodes by themselves."""

from __future__ import annotations

import pytest


@pytest.fixture
def pages(pack):
    module = pack("host.status.events")
    module._pages.clear()
    yield module
    module._pages.clear()


def test_a_page_that_said_so_is_known(pages):
    """Every other one is not, nor is a run that no page asked for."""
    pages.note_page("a")
    assert [True, False, False] == [pages.shows_status(client) for client in ("a", "b", None)]


def test_the_oldest_of_many_pages_are_forgotten(pages):
    """Pages never say goodbye; one that says so again is among the newest."""
    for number in (*range(pages._MOST_PAGES), 0, pages._MOST_PAGES):
        pages.note_page(str(number))
    assert (pages._MOST_PAGES, True, False, True) == (
        len(pages._pages),
        *(pages.shows_status(client) for client in ("0", "1", str(pages._MOST_PAGES))),
    )


@pytest.mark.parametrize("client_id", [None, "", 7, "x" * 201, ["a"]])
async def test_what_is_no_id_is_refused(pack, client_id):
    """With a sentence."""
    with pytest.raises(pack("host.page.http").Refused, match="client_id"):
        await pack("host.page.routes").post_page({"client_id": client_id})
