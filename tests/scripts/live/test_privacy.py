"""The report has no key, id, address or path, whatever the host says."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulator import Fault

from .conftest import KEY

redactor = pytest.importorskip("scripts.live.redactor", reason="needs what comes with ComfyUI")

UUID = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
TALK = (
    f"Bearer {KEY} of account 8812345678 (me@example.com) may not read"
    " https://bucket.oss-cn-beijing.aliyuncs.com/a/b.mp4?Expires=1796000000&Signature=c2lnbg%3D%3D"
    " from 10.20.30.40:8080, fe80:0:0:0:1:2:3:4 or node-7.internal.example.io;"
    " /home/somebody/ComfyUI/user C:\\Users\\somebody\\key.txt"
    " trace 0f8fad5b-d9cb-469f-a165-70867728950e req_9xK2mQ7pLw4Z"
)
LEAKS = [KEY, "8812345678", "example", "aliyuncs", "c2lnbg", "10.20.30", "fe80", "somebody"]
LEAKS += ["key.txt", "0f8fad5b", "9xK2mQ7pLw4Z"]


def talkative(on, status, times=1):
    body = {"code": status, "reason": "TASK_NOT_FOUND", "message": TALK, "metadata": {}}
    return Fault(on, "status", status=status, body=body, times=times)


def test_the_report_has_nothing_of_a_person(play, small_video):
    """Neither what the host quotes nor what the run itself knows: ids, URLs, folders."""
    faults = [talkative("task", 404, 3), talkative("submit", 400, 4)]
    faults.append(Fault("run", "fail", reason=TALK))
    simulator, live = play(video=small_video, faults=faults)
    assert 1 == live("--yes")
    assert 1 == len(simulator.tasks)
    check(live, simulator, talked=True)


def test_the_report_of_a_video_has_no_url(play, small_video):
    """Not a part of it, and not the name of the file."""
    simulator, live = play(video=small_video, balance=77123456)
    assert 0 == live("--yes")
    check(live, simulator, talked=False)
    assert "77123456" not in live.text


def check(live, simulator, *, talked):
    texts = [(live.folder / name).read_text("utf-8") for name in ("novita.md", "novita.json")]
    texts.append((live.folder / "facts.json").read_text("utf-8"))
    with sqlite3.connect(live.folder / "journal.sqlite3") as journal:
        ids = [task_id for (task_id,) in journal.execute("SELECT task_id FROM entries")]
    journal.close()
    assert {task.id for task in simulator.tasks} == set(ids)
    secrets = [*LEAKS, *ids, simulator.base_url, simulator.base_url.rpartition(":")[2]]
    secrets += [str(live.folder), str(Path.home()), "Signature", "X-Amz-Credential", "127.0.0.1"]
    for text in texts:
        assert [] == [secret for secret in secrets if secret in text]
        assert None is re.search(UUID, text)
        assert None is re.search(r"://|data:image|\b\d+\.\d+\.\d+\.\d+\b", text)
    if talked:
        assert "may not read <address>" in texts[0]


@given(
    secret=st.one_of(
        st.uuids().map(str),
        st.uuids().map(lambda each: each.hex),
        st.from_regex(
            r"https?://[a-z]{3,9}\.[a-z]{2,8}(/[a-z0-9]{1,8}){1,3}\?k=[a-z]{1,9}", fullmatch=True
        ),
        st.from_regex(r"[a-z]{2,8}-[0-9]\.[a-z]{3,8}\.(com|cn|net|internal)", fullmatch=True),
        st.from_regex(r"/(home|Users|srv)/[a-z]{3,8}/[a-z]{3,8}", fullmatch=True),
        st.integers(10**6, 10**15).filter(lambda number: number != 2**31 - 1).map(str),
        st.from_regex(r"[a-z]{3,8}@[a-z]{3,8}\.(com|de|org)", fullmatch=True),
        st.ip_addresses(v=4).map(str),
    ),
    before=st.sampled_from(["", "task ", "of '", 'id="', "(", "at ", "user:", "["]),
    after=st.sampled_from(["", " failed", "'", '"', ")", ", sorry", ".", "]"]),
)
def test_ids_and_addresses_are_taken_out_of_any_sentence(secret, before, after):
    """By their form, without knowing them."""
    assert secret not in redactor.Redactor().clean(before + secret + after)


@pytest.mark.parametrize(
    "text",
    [
        "duration (current value: 16) must be between 2 and 15",
        "seed must be between 0 and 2147483647",
        "Field required: input.media",
        "wan2.7-i2v-2026-04-25 does not exist",
        "SIMULATED_WAN2_7_I2V",
        "exactly one of image_url and first_clip_url must be given",
    ],
)
def test_what_the_report_is_for_stays(text):
    """Limits, names of fields and models, codes."""
    assert text == redactor.Redactor().clean(text)


def test_a_known_secret_is_removed_from_the_files_at_the_end():
    """The last look, for what no pattern can know."""
    cleaner = redactor.Redactor(lambda text: text.replace("sk-1", "***"))
    cleaner.keep_out("plainname")
    cleaner.keep_url_out("https://a.example/the/file.mp4?token=hushhush&n=5")
    text = json.dumps({"a": "sk-1 plainname", "b": "file.mp4 hushhush"})
    assert {"a": "*** …", "b": "… …"} == json.loads(cleaner.without_secrets(text))
