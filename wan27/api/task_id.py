"""The id of a task as a person gives it: typed, or copied with what is around it.

Hosts document UUIDs and promise no form; gateways in front of them issue `task_01KV…`, hexadecimal
and whole paths. So any word may be an id, and what was copied with it is left out only where
exactly one id remains.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from ..errors import InvalidInput

_LONGEST = 512
_SHOWN = 40  # characters of a text that is no id
_WORD = r"[\w.~:@|+/=%$!*-]"
_VALUE = rf"(?!(?:null|none|undefined)(?![\w-]))({_WORD}{{1,{_LONGEST}}})"
_WHOLE = re.compile(rf"(?!/|.*://|.*\.mp4$)(?=.*[A-Z0-9]){_VALUE}", re.ASCII | re.IGNORECASE)
_NAME = r"(?:task|任务|任務)[ _-]?(?:id|编号|編號)"
_LABELED = re.compile(rf"(?i)(?<![a-z0-9_]){_NAME}[\"'\s]*[:=][\"'\s]*(?a:{_VALUE})")
_LEADING_NAME = re.compile(rf"(?i)(?:{_NAME}|id)(?:[\"'\s]*[:=]|\s)|task\s")
_ADDRESS = re.compile(r"\S*://\S*|(?<!\S)/\S*")
_IN_ADDRESS = re.compile(r"/tasks?/([\w.~:@|+=%$!*-]+)", re.ASCII)
_UUID = re.compile(
    r"(?i)(?<![\w-])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})(?![\w-])"
)
# What names the id of a request, an account or a log.
_OTHER_NAME = re.compile(r"(?:(?!task)\b[a-zA-Z]+[_-]|(?i:trace|request) |[a-z](?=I))(?i:id)\W*$")
_KEY = re.compile(r"(?<![A-Za-z0-9])sk[-_][\w-]{8,}")
# By category: what is invisible, and the dashes, quotes and brackets of any script.
_PLAIN = {"Cf": "", "Pd": "-", "Pi": '"', "Pf": '"', "Ps": " ", "Pe": " "}
_AROUND = " \t\r\n,;.<>\"'`"


def given_task_id(given: str) -> str:
    """Return the task id in what a person gave. Raises `InvalidInput` unless it is exactly one."""
    text = _readable(given)
    found = _ids_in(text)
    if len(found) == 1 and not _KEY.search(found[0]):
        return found[0]
    raise InvalidInput("task_id", _problem(text, found))


def _readable(given: str) -> str:
    """Return the text without what is invisible, and with one spelling of each sign."""
    text = unicodedata.normalize("NFKC", given).replace("\\", " ")
    return "".join(_PLAIN.get(unicodedata.category(each), each) for each in text).strip(_AROUND)


def _ids_in(text: str) -> list[str]:
    """Return each id once: those that are named so, else the whole text, else lone UUIDs."""
    addresses = " ".join(_ADDRESS.findall(text))
    named = _LABELED.findall(text) or _IN_ADDRESS.findall(addresses)
    if named:
        return _distinct(named)
    match = _LEADING_NAME.match(text)
    whole = text[match.end() if match else 0 :].strip(_AROUND)
    if _WHOLE.fullmatch(whole):
        return [whole]
    plain = _ADDRESS.sub(" ", text)
    return _distinct(
        each[0]
        for each in _UUID.finditer(plain)
        if not _OTHER_NAME.search(plain, max(0, each.start() - _SHOWN), each.start())
    )


def _distinct(found: Iterable[str]) -> list[str]:
    plain = (each.strip(_AROUND) for each in found)
    return list(dict.fromkeys(each for each in plain if _WHOLE.fullmatch(each)))


def _problem(text: str, found: list[str]) -> str:
    if not text:
        return "is empty. Enter the id of a task, such as the task_id output of a node."
    if len(found) > 1:
        return f"has the ids of {len(found)} tasks. Enter one of them: {', '.join(found[:3])}."
    if _KEY.search(text):
        return "has an API key in it instead of a task id. Copy the id from the list of tasks."
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return f"is not the id of a task: {shown!r}. Copy the id alone, without spaces or other text."
