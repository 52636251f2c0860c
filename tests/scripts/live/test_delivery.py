"""The life of a signed URL, by the query of each kind of store."""

from __future__ import annotations

import pytest

delivery = pytest.importorskip("scripts.live.delivery", reason="needs what comes with ComfyUI")
video_rows = pytest.importorskip("scripts.live.video_rows", reason="needs what comes with ComfyUI")
contract = pytest.importorskip("scripts.live.contract", reason="needs what comes with ComfyUI")

NOW = 1_796_000_000


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("X-Amz-Date=20261129T000000Z&X-Amz-Expires=3600&X-Amz-Signature=a", 3600),
        ("X-Goog-Expires=604800&X-Goog-Signature=a", 604800),
        ("X-Tos-Expires=86400", 86400),
        ("x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-expires=600", 600),
        (f"Expires={NOW + 86400}&OSSAccessKeyId=a&Signature=b%3D", 86400),
        (f"q-sign-algorithm=sha1&q-sign-time={NOW - 60}%3B{NOW + 7140}&q-signature=a", 7200),
        ("sv=2024-11-04&se=2026-12-02T00%3A26%3A40Z&sp=r&sig=a", 171200),
        ("token=a", None),
        ("", None),
        ("Expires=soon", None),
        ("X-Amz-Expires=", None),
        ("se=yesterday", None),
    ],
)
def test_the_life_of_a_url_is_read_from_its_query(query, expected):
    """Seconds, an end in epoch seconds, a start and an end, or a date."""
    life, parameter = delivery.life_of(f"https://store.example/a.mp4?{query}", NOW)
    assert expected == life
    assert (expected is None) is (parameter == "")


@pytest.mark.parametrize(
    ("scheme", "is_local", "verdict"),
    [("https", False, "as assumed"), ("http", False, "differs"), ("http", True, "as assumed")],
)
def test_a_url_without_https_differs(scheme, is_local, verdict):
    """Except on this machine."""
    facts = {
        "url": delivery.url_facts(f"{scheme}://store.example/a.mp4", "", "", NOW),
        "download": {"status": 0},
        "is_other_origin": True,
    }
    rows = video_rows.url_rows(facts, contract._V3, is_local=is_local)
    assert verdict == next(row.verdict for row in rows if row.assumption.startswith("it is https"))


@pytest.mark.parametrize("value", [True, "nan", float("inf"), 10**400, None, [], {}, "35 %"])
def test_a_number_that_is_none_is_not_seen(value):
    """Hosts send strings, and once in a while nonsense."""
    look = contract._V3.look({"task": {"status": "X", "progress_percent": value}})
    assert ("X", None) == (look.word, look.percent)


@pytest.mark.parametrize("response", [{}, {"task": []}, {"videos": [3]}, {"output": "x"}])
def test_any_response_can_be_looked_at(response):
    """Both protocols find nothing in what is not theirs."""
    for each in (contract._V3, contract._STUDIO):
        assert "" == each.look(response).word + each.look(response).url
