"""Which pages show the status of nodes by themselves."""

from __future__ import annotations

import pytest


@pytest.fixture
def pages(pack):
    module = pack("host.pages")
    module._pages.clear()
    yield module
    module._pages.clear()


async def test_a_page_that_said_so_is_known(pages):
    """Every other one is not, nor is a run that no page asked for."""
    assert {"noted": True} == await pages.post_page({"client_id": "a"})
    assert [True, False, False] == [pages.shows_status(client) for client in ("a", "b", None)]


async def test_the_oldest_of_many_pages_are_forgotten(pages):
    """Pages never say goodbye; one that says so again is among the newest."""
    for number in (*range(pages._MOST), 0, pages._MOST):
        await pages.post_page({"client_id": str(number)})
    assert (pages._MOST, True, False, True) == (len(pages._pages), *(pages.shows_status(client) for client in ("0", "1", str(pages._MOST))))


@pytest.mark.parametrize("client_id", [None, "", 7, "x" * 201, ["a"]])
async def test_what_is_no_id_is_refused(pages, pack, client_id):
    """With a sentence."""
    with pytest.raises(pack("host.answers").Refused, match="client_id"):
        await pages.post_page({"client_id": client_id})
