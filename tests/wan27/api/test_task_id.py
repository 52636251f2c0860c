"""The task id in what a person types or pastes."""

from __future__ import annotations

import string
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wan27.api.task_id import given_task_id
from wan27.errors import InvalidInput

ID = "5f1c1d6e-0000-4000-8000-000000000001"
OTHER = "b1b0c6fa-3a85-9301-9175-500c4cfb5677"
FORMS = (
    "{}",
    "  {}\n",
    "\u200b{}\ufeff",
    "“{}”,",
    "({})",
    "{}.",
    "task_id: {}",
    'task_id: "{}",',
    '"task_id": "{}",',
    "'taskId': '{}'",
    "Task ID: {}",
    "Task ID\n{}",
    "任务ID\uff1a{}",
    "id={}",
    "Task {}",
    '{{"task_id": "{}"}}',
    '{{\\"task_id\\":\\"{}\\"}}',
    f'{{{{"output": {{{{"task_id": "{{}}"}}}}, "request_id": "{OTHER}"}}}}',
    "https://api.novita.ai/v3/async/task-result?task_id={}&x=1",
    "https://dashscope.aliyuncs.com/api/v1/tasks/{}",
    "task_id={0} and again task_id={0}",
)
LONE_FORMS = (
    "(Task {} at PPIO; Run, or Task Poll with this id, collects it for free.)",
    "{}\twan2.7-i2v\tSucceeded\t2026-11-30 10:00:00",
    "output/wan27/{}.mp4",
    r"C:\ComfyUI\output\wan27\{}.mp4",
    f'{{{{"id": "{{}}", "request_id": "{OTHER}"}}}}',
    "{} (see https://ppio.com/billing)",
)
PIECES = ("task_id", "Task ", "id", ":", "=", '"', " ", ".", "/tasks/", "://", "a1", "null", ID)
ids = st.one_of(
    st.uuids().map(str),
    st.uuids().map(lambda each: each.hex),
    st.from_regex(r"(?:task[_-]|wan-|cgt-|gen:)[0-9A-Za-z_-]{4,200}[0-9A-Za-z]", fullmatch=True),
    st.from_regex(r"[0-9]{6,20}", fullmatch=True),
    st.from_regex(r"[0-9A-Za-z][0-9A-Za-z+/]{5,60}=?", fullmatch=True).filter(
        lambda each: each.lower() not in ("null", "none", "undefined")
    ),
)


@given(ids, st.sampled_from(FORMS))
def test_an_id_is_found_in_what_was_copied_with_it(task_id, form):
    """Whatever its form: hosts and gateways promise none."""
    if "/tasks/" in form:
        task_id = task_id.replace("/", "-")
    assert task_id == given_task_id(form.format(task_id))


@given(st.uuids().map(str), st.sampled_from(LONE_FORMS))
def test_a_uuid_that_stands_alone_is_found_in_any_text(task_id, form):
    """A line of a table, a message of ours, the name of a video."""
    assert task_id == given_task_id(form.format(task_id))


def test_a_dash_of_a_text_program_is_the_one_of_the_id():
    """And so are wide letters."""
    assert ID == given_task_id(ID.replace("-", "\u2011"))
    assert "wan27" == given_task_id("\uff57an27")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is empty"),
        (" \u200b\n", "is empty"),
        (f"{ID} {OTHER}", "has the ids of 2 tasks"),
        (f"task_id={ID}, task_id={OTHER}", "has the ids of 2 tasks"),
        ("look here " * 78, "is not the id of a task: 'look here"),
        ("x" * 513, "is not the id of a task"),
        (f'{{"request_id": "{OTHER}"}}', "is not the id of a task"),
        (f"Trace id {OTHER}.", "is not the id of a task"),
        (f'requestId: "{OTHER}"', "is not the id of a task"),
        ('"task_id": null', "is not the id of a task"),
        (f"https://console.example/workspaces/{OTHER}", "is not the id of a task"),
        ("https://ppio.com/billing", "is not the id of a task"),
        ("/home/me/video.mp4", "is not the id of a task"),
        ("……", "is empty"),
        ("—", "is not the id of a task"),
        ("任务", "is not the id of a task"),
    ],
)
def test_what_cannot_be_one_id_is_refused(text, problem):
    """In one sentence, which stays short."""
    with pytest.raises(InvalidInput) as raised:
        given_task_id(text)
    assert str(raised.value).startswith(f"task_id {problem}")
    assert len(str(raised.value)) < 250


@pytest.mark.parametrize("form", ["{}", "Bearer {}", "task_id: {}", "key {} for tasks"])
def test_a_key_is_refused_and_not_shown(form):
    """A workflow, the journal and the log would keep it."""
    key = f"sk_{uuid.uuid4().hex}"
    with pytest.raises(InvalidInput, match="API key") as raised:
        given_task_id(form.format(key))
    assert key not in str(raised.value)


@given(
    st.text()
    | st.text(string.printable, max_size=2000)
    | st.lists(st.sampled_from(PIECES)).map("".join)
)
def test_what_is_taken_is_one_word(text):
    """It is ASCII without spaces and quotes, and not empty."""
    try:
        task_id = given_task_id(text)
    except InvalidInput:
        return
    assert task_id.isascii() & task_id.isprintable()
    assert set() == set(" \"'\\{}<>") & set(task_id)
    assert any(map(str.isalnum, task_id))
