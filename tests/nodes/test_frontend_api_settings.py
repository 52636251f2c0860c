"""The routes of the settings and keys in a real ComfyUI. No key ever comes out."""

from __future__ import annotations

import json
import stat
import sys

import pytest

from tests.simulator import Fault

from .frontend_api import SECRET, get, post, run_one, send, setting, state_folder

pytestmark = pytest.mark.comfyui


def test_a_pasted_key_is_used_by_the_next_run(fresh_server, new_graph, wan, image, simulator):
    """A missing key is no problem: there is no host then. The key needs no restart."""
    before = get(fresh_server, "/wan27/settings")
    assert (None, None) == (before["host"], before["problem"])
    assert ["alibaba", "jiekou", "novita", "ppio"] == [
        key["host"] for key in before["keys"] if key["console"].startswith("https://")
    ]
    key = {"name": "NOVITA_API_KEY", "value": f" Bearer {SECRET} "}
    status, after = post(fresh_server, "/wan27/keys", key)
    assert (200, {"name": "novita", "title": "Novita", "key": "NOVITA_API_KEY"}, None) == (
        status,
        after["host"],
        after["problem"],
    )
    assert [True, False] == [
        setting(after, name)["set"] for name in ("NOVITA_API_KEY", "PPIO_API_KEY")
    ]
    assert None is run_one(new_graph(fresh_server), image, **wan())[0]
    assert 1 == len(simulator.submissions)
    assert f"Bearer {SECRET}" == simulator.requests[0].headers["Authorization"]


def test_a_key_is_only_in_its_file(fresh_server, new_graph, wan, image, simulator):
    """Not in an answer, a log, the history or another file, whatever goes wrong with it."""
    simulator.script.keys = []
    answers = [post(fresh_server, "/wan27/keys", {"name": "PPIO_API_KEY", "value": SECRET})]
    answers.append(post(fresh_server, "/wan27/check", {}))
    answers.append(run_one(new_graph(fresh_server), image, **wan()))
    writes = [
        ("/wan27/keys", {"name": SECRET, "value": "x"}),
        ("/wan27/keys", {"name": "PPIO_API_KEY", "value": f"{SECRET} é"}),
        ("/wan27/keys", {"name": "PPIO_API_KEY", "value": [SECRET]}),
        ("/wan27/settings", {"PPIO_API_KEY": SECRET}),
        ("/wan27/settings", {"WAN27_UPLOAD": SECRET}),
    ]
    answers += [post(fresh_server, path, body) for path, body in writes]
    reads = ("/wan27/settings", "/wan27/tasks", "/history", "/settings", "/system_stats")
    answers += [get(fresh_server, path) for path in reads]
    assert SECRET not in json.dumps(answers) + fresh_server.log()
    files = [
        path
        for path in fresh_server.base.rglob("*")
        if path.is_file() and not path.is_relative_to(fresh_server.base / "custom_nodes")
    ]
    assert ["credentials.json"] == [
        path.name for path in files if SECRET.encode() in path.read_bytes()
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_the_files_are_private_and_keep_other_entries(fresh_server):
    """0600 in 0700; a link stays a link, and no part file is left."""
    folder = state_folder(fresh_server)
    target = folder / "elsewhere.json"
    target.write_text('{"OTHER": {"a": [1]}, "JIEKOU_API_KEY": "old"}')
    (folder / "credentials.json").symlink_to(target)
    post(fresh_server, "/wan27/keys", {"name": "JIEKOU_API_KEY", "value": None})
    post(fresh_server, "/wan27/keys", {"name": "NOVITA_API_KEY", "value": SECRET})
    post(fresh_server, "/wan27/settings", {"WAN27_TIMEOUT": 60})
    assert {"OTHER": {"a": [1]}, "NOVITA_API_KEY": SECRET} == json.loads(target.read_text())
    assert (folder / "credentials.json").is_symlink()
    assert 0o700 == stat.S_IMODE(folder.stat().st_mode)
    for path in (target, folder / "settings.json"):
        assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert [] == list(folder.glob("*.part"))
    (folder / "credentials.json").unlink()
    target.unlink()


def test_a_setting_is_used_by_the_next_run(fresh_server, new_graph, wan, image, simulator):
    """A limit refuses from then on, and no longer after it was removed."""
    post(fresh_server, "/wan27/keys", {"name": "PPIO_API_KEY", "value": SECRET})
    values = {"WAN27_MAX_COST": 1, "WAN27_JPEG": True, "WAN27_HOST": "PPIO"}
    values |= {"WAN27_KEEP_DAYS": "30"}
    status, answer = post(fresh_server, "/wan27/settings", values)
    assert (200, ["1", "1", "ppio", "30"]) == (
        status,
        [setting(answer, name)["value"] for name in values],
    )
    assert "above your limit of 1" in run_one(new_graph(fresh_server), image, **wan())[0]
    unset = {"WAN27_MAX_COST": None, "WAN27_HOST": ""}
    status, answer = post(fresh_server, "/wan27/settings", unset)
    assert (200, [None, None]) == (status, [setting(answer, name)["value"] for name in unset])
    assert None is run_one(new_graph(fresh_server), image, **wan())[0]
    assert 1 == len(simulator.submissions)
    assert {"WAN27_JPEG": "1", "WAN27_KEEP_DAYS": "30"} == json.loads(
        (state_folder(fresh_server) / "settings.json").read_text()
    )


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"WAN27_HOST": "openai"}, 400, "The setting \"Host\" is 'openai'"),
        ({"WAN27_TIMEOUT": "soon"}, 400, "The setting \"Timeout (seconds)\" is 'soon'"),
        ({"WAN27_MAX_COST": -1}, 400, "The setting \"Maximum cost per video\" is '-1'"),
        ({"WAN27_KEEP_DAYS": "nan"}, 400, "The setting \"Keep history for (days)\" is 'nan'"),
        ({"WAN27_PRICE_720P": "0.1"}, 400, "The setting \"Price per second at 720P\" is '0.1'"),
        ({"WAN27_JPEG": "perhaps"}, 400, "The setting \"Send large images as JPEG\" is 'perhaps'"),
        ({"WAN27_UPLOAD": "ftp://a.example"}, 400, 'The setting "Upload via" cannot be used'),
        ({"WAN27_UPLOAD": "s3://bucket?key=1"}, 400, 'The setting "Upload via" has more than'),
        ({"WAN27_HOST": ["novita"]}, 400, "WAN27_HOST must be a text"),
        ({"WAN27_TIMEOUT": 60, "WAN27_SPEED": "9"}, 400, "WAN27_SPEED is not a setting"),
        ({"NOVITA_API_KEY": "x"}, 400, "NOVITA_API_KEY is an API key"),
        ({"WAN27_BASE_URL": "https://a.example"}, 409, '"API address" is set by the environment'),
    ],
)
def test_an_unusable_value_is_refused_and_nothing_is_written(fresh_server, body, status, message):
    """The message names the setting; the other values of the change are not written either."""
    answered, answer = post(fresh_server, "/wan27/settings", body)
    assert (status, True) == (answered, answer["error"].startswith(message)), answer
    assert not (state_folder(fresh_server) / "settings.json").exists()


def test_a_broken_file_is_reported_and_not_overwritten(fresh_server):
    """A write would destroy what the user may want to rescue."""
    file = state_folder(fresh_server) / "settings.json"
    file.write_text("{")
    assert "settings.json cannot be read" in get(fresh_server, "/wan27/settings")["problem"]
    key = {"name": "PPIO_API_KEY", "value": SECRET}
    assert 409 == post(fresh_server, "/wan27/settings", {"WAN27_TIMEOUT": 5})[0]
    assert 409 == post(fresh_server, "/wan27/keys", key)[0]
    assert "{" == file.read_text()


def test_the_check_of_a_key_is_free(fresh_server, simulator):
    """One request for a task that cannot exist, and none without a key."""

    def check():
        answer = post(fresh_server, "/wan27/check", {})[1]
        return answer["ok"], answer["message"]

    ok, message = check()
    assert (False, True) == (ok, message.startswith("No API key is set"))
    post(fresh_server, "/wan27/keys", {"name": "NOVITA_API_KEY", "value": SECRET})
    assert (True, "Novita accepts the key.") == check()
    simulator.script.keys = ["another"]
    ok, message = check()
    assert (False, True) == (ok, "Check the key: it must be from this host" in message)
    simulator.script.keys = None
    simulator.script.faults.append(Fault(on="task", do="status", status=503))
    ok, message = check()
    assert (False, True) == (ok, message.startswith("The key was not checked: Novita"))
    assert ["task", "balance", "task", "task"] == [each.call for each in simulator.requests]
    post(fresh_server, "/wan27/keys", {"name": "NOVITA_API_KEY", "value": ""})


def test_the_cost_of_several_videos_is_their_sum(fresh_server):
    """Without a key, with a known price, with an unknown one, and with the user's own."""

    def cost(*videos):
        query = "&".join(f"video={video}" for video in videos)
        status, _, answer = send(fresh_server, "GET", f"/wan27/cost?{query}")
        return answer if status == 200 else status

    def at(host, price):
        return {"problem": None, "host": host, "price": price}

    assert {"problem": "no_key", "host": None, "price": None} == cost("720P+5")
    post(fresh_server, "/wan27/keys", {"name": "PPIO_API_KEY", "value": SECRET})
    assert at("PPIO", "¥3.00") == cost("720P+5")
    assert at("PPIO", "¥18.00") == cost("720P+5", "1080P+15")
    post(fresh_server, "/wan27/settings", {"WAN27_PRICE_720P": "0.10 USD"})
    assert at("PPIO", "$0.50") == cost("720P+5")
    assert at("PPIO", None) == cost("720P+5", "1080P+15")  # two currencies have no sum
    post(fresh_server, "/wan27/keys", {"name": "NOVITA_API_KEY", "value": SECRET})
    assert at("Novita", None) == cost("1080P+5")
    invalid = [(), ("4K+5",), ("720P+16",), ("720P+x",), ("720P+%C2%B2",), ["720P+5"] * 101]
    assert [400] * 6 == [cost(*videos) for videos in invalid]


def test_the_simulator_is_free(server):
    """It needs no key."""
    cost = {"problem": None, "host": "Simulator", "price": ""}
    assert cost == get(server, "/wan27/cost?video=720P+5&video=1080P+2")
    assert "Simulator" == get(server, "/wan27/settings")["host"]["title"]
    check = {"ok": True, "message": "The simulator needs no key, and every Run is free."}
    assert check == post(server, "/wan27/check", {})[1]
