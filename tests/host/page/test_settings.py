"""The settings that the page receives."""

from __future__ import annotations

import pytest

NAMES = [
    "WAN27_HOST",
    "WAN27_UPLOAD",
    "WAN27_SERVE_PORT",
    "WAN27_JPEG",
    "WAN27_MAX_COST",
    "WAN27_MAX_COST_DAY",
    "WAN27_MAX_SECONDS_DAY",
    "WAN27_PRICE_720P",
    "WAN27_PRICE_1080P",
    "WAN27_KEEP_DAYS",
    "WAN27_TIMEOUT",
    "WAN27_BASE_URL",
]


@pytest.fixture
def view(pack, tmp_path):
    return lambda: pack("host.page.settings").view(tmp_path, tmp_path)


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
def test_an_address_is_shown_without_secrets(view, tmp_path, value, shown):
    """User, password, query and fragment are removed; a text that is not an address is hidden."""
    (tmp_path / "settings.json").write_text(
        f'{{"WAN27_UPLOAD": "{value}", "WAN27_BASE_URL": "{value}"}}'
    )
    answer = view()
    assert {shown} == {
        row["value"]
        for row in answer["settings"]
        if row["name"] in {"WAN27_UPLOAD", "WAN27_BASE_URL"}
    }
    assert "secret" not in str(answer)


def test_every_setting_is_in_the_list(view):
    """The page shows them in this order; keys are separate."""
    answer = view()
    assert NAMES == [row["name"] for row in answer["settings"]]
    # First the key that needs nothing beside it.
    assert ["DASHSCOPE_API_KEY", "JIEKOU_API_KEY", "NOVITA_API_KEY", "PPIO_API_KEY"] == [
        row["name"] for row in answer["keys"]
    ]
    assert [True, False, False, False] == [row["is_enough"] for row in answer["keys"]]
    hosts = ["jiekou", "novita", "ppio", "alibaba", "alibaba-cn"]
    assert ["", *hosts, "simulator"] == answer["settings"][0]["choices"]
    assert hosts == list(answer["settings"][0]["titles"])


def test_an_address_of_this_machine_is_refused_for_a_remote_host(view, monkeypatch):
    """Before anything is encoded, copied or sent."""
    monkeypatch.setenv("NOVITA_API_KEY", "sk")
    monkeypatch.setenv("WAN27_UPLOAD", "http://localhost:8188")
    assert "is an address of this machine, which Novita cannot reach" in view()["problem"]


def test_values_of_the_environment_win_and_are_locked(pack, view, tmp_path, monkeypatch):
    """The page can change neither them nor where a key is sent."""
    (tmp_path / "settings.json").write_text('{"WAN27_TIMEOUT": 5}')
    upload = "https://user:secret@pod.example/x?sig=secret"
    env = {"NOVITA_API_KEY": "sk-secret", "WAN27_TIMEOUT": "77", "WAN27_UPLOAD": upload}
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    answer = view()
    rows = {row["name"]: row for row in (*answer["settings"], *answer["keys"])}
    locked = {
        "WAN27_TIMEOUT": "77",
        "WAN27_UPLOAD": "https://pod.example/x",
        "WAN27_BASE_URL": None,
    }
    assert locked == {name: rows[name]["value"] for name in locked}
    assert {*locked, "NOVITA_API_KEY"} == {name for name, row in rows.items() if row["locked"]}
    named = "(set by the environment variable WAN27_UPLOAD) has more than an address"
    assert (True, True) == (rows["NOVITA_API_KEY"]["set"], named in answer["problem"])
    assert "secret" not in str(answer)
    page = pack("host.page.settings")
    for change, says in (
        (
            lambda: page.change_settings(tmp_path, tmp_path, {"WAN27_TIMEOUT": None}),
            '"Timeout .seconds." is set by the environment variable WAN27_TIMEOUT',
        ),
        (
            lambda: page.change_key(tmp_path, {"name": "NOVITA_API_KEY", "value": None}),
            "is set by the environment variable NOVITA_API_KEY",
        ),
        (
            lambda: page.change_settings(tmp_path, tmp_path, {"WAN27_BASE_URL": "https://a.b"}),
            'The setting "API address" decides where your key is sent',
        ),
    ):
        with pytest.raises(pack("host.page.http").HttpError, match=says) as refused:
            change()
        assert 409 == refused.value.status
