"""The routes of the settings and keys, in a real ComfyUI: what they take, what they refuse, and that no key ever comes back out."""

from __future__ import annotations

import json
import stat
import sys

import pytest

from tests.simulator import Fault

from .face import SECRET, ask, get, post, run_one, setting, state

pytestmark = pytest.mark.comfyui


def test_the_first_minute(fresh, new_graph, wan, picture, simulator):
    """No key is told, a pasted one is stored, and the very next Run uses it: no restart."""
    before = get(fresh, "/wan27/settings")
    assert (None, "No API key was found") == (before["host"], before["problem"][:20])
    assert ["jiekou", "novita", "ppio"] == [
        key["host"] for key in before["keys"] if key["console"].startswith("https://")
    ]
    status, after = post(
        fresh, "/wan27/keys", {"name": "NOVITA_API_KEY", "value": f" Bearer {SECRET} "}
    )
    assert (200, {"name": "novita", "title": "Novita"}, None) == (
        status,
        after["host"],
        after["problem"],
    )
    assert (True, False) == (
        setting(after, "NOVITA_API_KEY")["set"],
        setting(after, "PPIO_API_KEY")["set"],
    )
    assert (None, 1) == (run_one(new_graph(fresh), picture, **wan())[0], len(simulator.submissions))
    assert f"Bearer {SECRET}" == simulator.requests[0].headers["Authorization"]


def test_a_key_is_nowhere_but_in_its_file(fresh, new_graph, wan, picture, simulator):
    """Not in any answer, log, history or other file, whatever goes wrong with it."""
    simulator.script.keys = []
    answers = [post(fresh, "/wan27/keys", {"name": "PPIO_API_KEY", "value": SECRET})]
    answers += [post(fresh, "/wan27/check", {}), run_one(new_graph(fresh), picture, **wan())]
    answers += [
        post(fresh, "/wan27/keys", body)
        for body in (
            {"name": SECRET, "value": "x"},
            {"name": "PPIO_API_KEY", "value": f"{SECRET} é"},
        )
    ]
    answers += [post(fresh, "/wan27/keys", {"name": "PPIO_API_KEY", "value": [SECRET]})]
    answers += [
        post(fresh, "/wan27/settings", {"PPIO_API_KEY": SECRET}),
        post(fresh, "/wan27/settings", {"WAN27_UPLOAD": SECRET}),
    ]
    answers += [
        get(fresh, path)
        for path in ("/wan27/settings", "/wan27/tasks", "/history", "/settings", "/system_stats")
    ]
    assert SECRET not in json.dumps(answers) + fresh.log()
    files = [
        path
        for path in fresh.base.rglob("*")
        if path.is_file() and not path.is_relative_to(fresh.base / "custom_nodes")
    ]
    assert ["credentials.json"] == [
        path.name for path in files if SECRET.encode() in path.read_bytes()
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_the_files_are_their_owners_alone_and_keep_what_else_they_hold(fresh):
    """0600 in 0700 and nothing half-written beside; entries of other packs or versions stay, a link stays one."""
    kept = state(fresh) / "elsewhere.json"
    kept.write_text('{"OTHER": {"a": [1]}, "JIEKOU_API_KEY": "old"}')
    (state(fresh) / "credentials.json").symlink_to(kept)
    post(fresh, "/wan27/keys", {"name": "JIEKOU_API_KEY", "value": None})
    post(fresh, "/wan27/keys", {"name": "NOVITA_API_KEY", "value": SECRET})
    post(fresh, "/wan27/settings", {"WAN27_TIMEOUT": 60})
    assert {"OTHER": {"a": [1]}, "NOVITA_API_KEY": SECRET} == json.loads(kept.read_text())
    assert (True, 0o700) == (
        (state(fresh) / "credentials.json").is_symlink(),
        stat.S_IMODE(state(fresh).stat().st_mode),
    )
    assert {0o600} == {
        stat.S_IMODE(path.stat().st_mode) for path in (kept, state(fresh) / "settings.json")
    }
    assert [] == list(state(fresh).glob("*.part"))
    (state(fresh) / "credentials.json").unlink()
    kept.unlink()


def test_settings_hold_from_the_next_run_on(fresh, new_graph, wan, picture, simulator):
    """A limit that is set refuses, one that is removed does not, and neither needs a restart."""
    post(fresh, "/wan27/keys", {"name": "PPIO_API_KEY", "value": SECRET})
    status, answer = post(
        fresh,
        "/wan27/settings",
        {"WAN27_MAX_COST": 1, "WAN27_JPEG": True, "WAN27_HOST": "PPIO", "WAN27_KEEP_DAYS": "30"},
    )
    assert (200, ["1", "1", "ppio", "30"]) == (
        status,
        [
            setting(answer, name)["value"]
            for name in ("WAN27_MAX_COST", "WAN27_JPEG", "WAN27_HOST", "WAN27_KEEP_DAYS")
        ],
    )
    assert "above your limit of 1" in run_one(new_graph(fresh), picture, **wan())[0]
    status, answer = post(fresh, "/wan27/settings", {"WAN27_MAX_COST": None, "WAN27_HOST": ""})
    assert (200, None, None) == (
        status,
        setting(answer, "WAN27_MAX_COST")["value"],
        setting(answer, "WAN27_HOST")["value"],
    )
    assert (None, 1) == (run_one(new_graph(fresh), picture, **wan())[0], len(simulator.submissions))
    assert {"WAN27_JPEG": "1", "WAN27_KEEP_DAYS": "30"} == json.loads(
        (state(fresh) / "settings.json").read_text()
    )


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"WAN27_HOST": "openai"}, 400, "WAN27_HOST is 'openai'; choose one of"),
        ({"WAN27_TIMEOUT": "soon"}, 400, "WAN27_TIMEOUT is 'soon'"),
        ({"WAN27_MAX_COST": -1}, 400, "WAN27_MAX_COST is '-1'"),
        ({"WAN27_KEEP_DAYS": "nan"}, 400, "WAN27_KEEP_DAYS"),
        ({"WAN27_PRICE_720P": "0.1"}, 400, "WAN27_PRICE_720P is '0.1'"),
        ({"WAN27_JPEG": "perhaps"}, 400, "WAN27_JPEG is 'perhaps'"),
        ({"WAN27_UPLOAD": "ftp://a.example"}, 400, "WAN27_UPLOAD cannot be used"),
        ({"WAN27_UPLOAD": "s3://bucket?key=1"}, 400, "WAN27_UPLOAD has more than a bucket"),
        ({"WAN27_HOST": ["novita"]}, 400, "WAN27_HOST must be a text"),
        ({"WAN27_TIMEOUT": 60, "WAN27_SPEED": "9"}, 400, "WAN27_SPEED is not a setting"),
        ({"NOVITA_API_KEY": "x"}, 400, "NOVITA_API_KEY is an API key"),
        (
            {"WAN27_BASE_URL": "https://evil.example"},
            409,
            "WAN27_BASE_URL is set by an environment",
        ),
    ],
)
def test_what_no_run_could_use_is_refused_before_it_is_written(fresh, body, status, says):
    """The sentence names the setting; of a change with one bad value nothing is written."""
    said_status, answer = post(fresh, "/wan27/settings", body)
    assert (status, True) == (said_status, answer["error"].startswith(says)), answer
    assert not (state(fresh) / "settings.json").exists()


def test_the_environment_wins_and_is_shown_locked(start_server):
    """Its values cannot be changed, nor can where a key is sent: whoever reaches ComfyUI could send it to a server of their own."""
    upload = f"https://user:{SECRET}@pod.example/x?sig={SECRET}"
    server = start_server(
        env={"NOVITA_API_KEY": SECRET, "WAN27_TIMEOUT": "77", "WAN27_UPLOAD": upload}
    )
    (state(server) / "settings.json").write_text('{"WAN27_TIMEOUT": 5}')
    answer = get(server, "/wan27/settings")
    assert ("77", True) == (
        setting(answer, "WAN27_TIMEOUT")["value"],
        setting(answer, "WAN27_TIMEOUT")["locked"],
    )
    assert ("https://pod.example/x", True) == (
        setting(answer, "WAN27_UPLOAD")["value"],
        setting(answer, "WAN27_UPLOAD")["locked"],
    )
    assert (True, True) == (
        setting(answer, "NOVITA_API_KEY")["set"],
        setting(answer, "NOVITA_API_KEY")["locked"],
    )
    assert "WAN27_UPLOAD has more than an address" in answer["problem"]
    for path, body in (
        ("/wan27/settings", {"WAN27_TIMEOUT": None}),
        ("/wan27/keys", {"name": "NOVITA_API_KEY", "value": None}),
    ):
        status, said = post(server, path, body)
        assert (409, True) == (
            status,
            "is set by an environment variable" in said["error"],
        )
    status, said = post(server, "/wan27/settings", {"WAN27_BASE_URL": "https://evil.example"})
    assert (409, True) == (
        status,
        said["error"].startswith("WAN27_BASE_URL decides where your key is sent"),
    )
    assert (None, True) == (
        setting(answer, "WAN27_BASE_URL")["value"],
        setting(answer, "WAN27_BASE_URL")["locked"],
    )
    assert SECRET not in json.dumps(answer)
    server.stop()


def test_a_broken_file_is_told_and_not_overwritten(fresh):
    """The page shows what is wrong; a write would lose what a person may still want to save."""
    (state(fresh) / "settings.json").write_text("{")
    assert "settings.json cannot be read" in get(fresh, "/wan27/settings")["problem"]
    assert (409, 409) == (
        post(fresh, "/wan27/settings", {"WAN27_TIMEOUT": 5})[0],
        post(fresh, "/wan27/keys", {"name": "PPIO_API_KEY", "value": SECRET})[0],
    )
    assert "{" == (state(fresh) / "settings.json").read_text()


def test_the_check_asks_the_host_for_nothing_that_costs(fresh, simulator):
    """One question about a task that cannot exist: accepted, refused, proves nothing; and without a key none at all."""
    assert (False, "No API key") == (
        post(fresh, "/wan27/check", {})[1]["ok"],
        post(fresh, "/wan27/check", {})[1]["message"][:10],
    )
    post(fresh, "/wan27/keys", {"name": "NOVITA_API_KEY", "value": SECRET})
    assert {"ok": True, "message": "Novita accepts the key in NOVITA_API_KEY."} == post(
        fresh, "/wan27/check", {}
    )[1]
    simulator.script.keys = ["another"]
    refused = post(fresh, "/wan27/check", {})[1]
    assert (False, True) == (refused["ok"], "Check the key" in refused["message"])
    simulator.script.keys = None
    simulator.script.faults.append(Fault(on="task", do="status", status=503))
    broken = post(fresh, "/wan27/check", {})[1]
    assert (False, True) == (
        broken["ok"],
        broken["message"].startswith("The key was not checked: Novita returned an error"),
    )
    assert ([], 3) == (simulator.submissions, len(simulator.requests))
    post(fresh, "/wan27/settings", {"WAN27_HOST": "simulator"})
    post(fresh, "/wan27/keys", {"name": "NOVITA_API_KEY", "value": ""})


def test_the_cost_of_videos_is_told_together(fresh):
    """No key, a known price, two videos, an unknown one, the user's own; and what is no video of this API is refused."""

    def cost(*videos):
        status, _, answer = ask(
            fresh, "GET", "/wan27/cost?" + "&".join(f"video={video}" for video in videos)
        )
        return answer if status == 200 else status

    def at(host, price):
        return {"problem": None, "host": host, "price": price}

    assert {"problem": "no_key", "host": None, "price": None} == cost("720P+5")
    post(fresh, "/wan27/keys", {"name": "PPIO_API_KEY", "value": SECRET})
    assert [at("PPIO", "¥3.00"), at("PPIO", "¥18.00")] == [
        cost("720P+5"),
        cost("720P+5", "1080P+15"),
    ]
    post(fresh, "/wan27/settings", {"WAN27_PRICE_720P": "0.10 USD"})
    assert [at("PPIO", "$0.50"), at("PPIO", None)] == [
        cost("720P+5"),
        cost("720P+5", "1080P+15"),
    ]  # two currencies have no sum
    post(fresh, "/wan27/keys", {"name": "NOVITA_API_KEY", "value": SECRET})
    assert at("Novita", None) == cost("1080P+5")
    assert [400] * 6 == [
        cost(*wrong)
        for wrong in ((), ("4K+5",), ("720P+16",), ("720P+x",), ("720P+%C2%B2",), ["720P+5"] * 101)
    ]


def test_the_simulator_is_free(server):
    """And needs no key."""
    assert {"problem": None, "host": "Simulator", "price": ""} == get(
        server, "/wan27/cost?video=720P+5&video=1080P+2"
    )
    assert {"name": "simulator", "title": "Simulator"} == get(server, "/wan27/settings")["host"]
    assert {"ok": True, "message": "The simulator needs no key, and every Run is free."} == post(
        server, "/wan27/check", {}
    )[1]
