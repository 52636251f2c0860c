"""The pages that show the status of nodes themselves."""

from __future__ import annotations

import pytest


@pytest.fixture
def events(pack):
    module = pack("host.status.events")
    module._pages.clear()
    yield module
    module._pages.clear()


def test_a_registered_page_is_known(events):
    """Other pages are not, nor is a run that no page started."""
    events.add_page("a")
    assert [True, False, False] == [events.shows_status(client) for client in ("a", "b", None)]


def test_the_oldest_of_many_pages_are_forgotten(events):
    """A page that registers again counts as new."""
    for number in (*range(events._MAX_PAGES), 0, events._MAX_PAGES):
        events.add_page(str(number))
    assert (events._MAX_PAGES, True, False, True) == (
        len(events._pages),
        *(events.shows_status(client) for client in ("0", "1", str(events._MAX_PAGES))),
    )


@pytest.mark.parametrize("client_id", [None, "", 7, "x" * 201, ["a"]])
async def test_an_invalid_id_is_refused(pack, client_id):
    """The message names the field."""
    with pytest.raises(pack("host.page.http").HttpError, match="client_id"):
        await pack("host.page.routes").post_page({"client_id": client_id})
