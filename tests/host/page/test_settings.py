"""What the page may know of a setting."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("s3://bucket/prefix", "s3://bucket/prefix"),
        ("https://user:secret@pod.example/x", "https://pod.example/x"),
        ("https://user:sec/ret@pod.example", "https://pod.example"),
        ("https://pod.example/x?sig=secret#secret", "https://pod.example/x"),
        ("secret", "…"),
        ("https://a@b@pod.example", "https://pod.example"),
    ],
)
def test_an_address_is_shown_without_what_may_be_a_secret(pack, tmp_path, value, shown):
    """User, password, query and fragment go; what is no address at all is not shown."""
    (tmp_path / "settings.json").write_text(
        f'{{"WAN27_UPLOAD": "{value}", "WAN27_BASE_URL": "{value}"}}'
    )
    answer = pack("host.page.settings").view(tmp_path, tmp_path)
    assert {shown} == {
        row["value"]
        for row in answer["settings"]
        if row["name"] in {"WAN27_UPLOAD", "WAN27_BASE_URL"}
    }
    assert "secret" not in str(answer)


def test_every_setting_is_in_the_list(pack, tmp_path):
    """The page shows them all, in one order; the keys stand apart."""
    answer = pack("host.page.settings").view(tmp_path, tmp_path)
    names = [
        "HOST",
        "UPLOAD",
        "JPEG",
        "MAX_COST",
        "PRICE_720P",
        "PRICE_1080P",
        "KEEP_DAYS",
        "TIMEOUT",
        "BASE_URL",
    ]
    assert [f"WAN27_{name}" for name in names] == [row["name"] for row in answer["settings"]]
    assert ["JIEKOU_API_KEY", "NOVITA_API_KEY", "PPIO_API_KEY"] == [
        row["name"] for row in answer["keys"]
    ]
    assert ["", "jiekou", "novita", "ppio", "simulator"] == answer["settings"][0]["choices"]
