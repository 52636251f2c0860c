"""What a host can be asked for free, and requests that no host can accept.

A request without an image cannot become a video. Should a host accept one all the same, no other
is sent, its task is recorded in the journal, and the report says so: so at most one is charged.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from wan27.api.balance import BALANCE_CALLS, Balance
from wan27.api.key import Account
from wan27.api.protocols.port import Query
from wan27.errors import UnexpectedResponse, Wan27Error

from .contract import Contract
from .facts import Facts
from .raw import WRONG_KEY, Raw, Seen
from .redactor import Redactor

FREE = ("no_key", "wrong_key", "unknown_task", "unknown_path", "balance", "models", "policy")
# Each is the first one with one more fault: an equal answer means that the fault was not looked at.
BAD: dict[str, dict[str, Any]] = {
    "no_medium": {},
    "unknown_field": {"made_up_field": "live"},
    "null_field": {"seed": None},
    "wrong_type": {"seed": "27"},
}
NAMES = (*FREE, *BAD, "accepted_bad_request", "unclear_bad_request", "late_refusals", "busy")
_IN_DOUBT = 408  # the one refusal after which a task may exist


Answer = dict[str, Any]  # a response as `Seen.described` has it


class Probes:
    """The free part of one run."""

    def __init__(
        self, account: Account, contract: Contract, raw: Raw, facts: Facts, redactor: Redactor
    ) -> None:
        self._account, self._contract, self._raw = account, contract, raw
        self._facts, self._redactor = facts, redactor

    async def ask(self) -> None:
        """Ask for the key, the balance, and what does not exist."""
        task = self._account.host.protocol.task_query(str(uuid.uuid4()))
        for name, query, key in (
            ("no_key", task, ""),
            ("wrong_key", task, WRONG_KEY),
            ("unknown_task", task, None),
            ("unknown_path", Query(self._contract.unknown_path), None),
        ):
            self._see(name, await self._raw.get(query, key))
        for name, query in self._contract.free_calls.items():
            self._see(name, await self._raw.get(query))
        _, self._facts["balance"] = await self.balance()

    async def send_bad_requests(self, adopt: Callable[[str], Any]) -> None:
        """Send the requests without an image; `adopt` records a task that came of one."""
        for name, fields in BAD.items():
            seen = await self._raw.post(self._contract.body(fields))
            self._see(name, seen)
            if 300 <= seen.status < 500 and seen.status != _IN_DOUBT:
                continue
            if not await self._refused_late(name, seen, adopt):
                break

    async def balance(self) -> tuple[Balance | None, dict[str, Any]]:
        """Return what is left, and how the host says it, without the number."""
        call = BALANCE_CALLS.get(self._account.host.name) or BALANCE_CALLS["novita"]
        seen = await self._raw.get(Query(call.path))
        described = {**seen.described(self._redactor), "field": call.field, "is_number": False}
        if seen.status != 200:
            return None, described
        try:
            return call.parse(seen.body), {**described, "is_number": True}
        except UnexpectedResponse:
            return None, described

    def key_verdict(self) -> bool | None:
        """Return whether the host accepts the key; None where its answers do not tell."""
        facts = self._facts
        own, wrong, refused = (facts[name] for name in ("unknown_task", "wrong_key", "no_medium"))
        if (facts["balance"] or {}).get("is_number"):
            return True
        expected = self._contract.answers
        if _word(own) == expected["unknown_task"]:
            return True
        if refused and refused["status"] in (400, 422) and "KEY" not in refused["reason"].upper():
            return True
        if own and wrong and own["status"] and _word(own) != _word(wrong):
            return bool(own["status"] != 401)
        is_refused = bool(own) and (own["status"] == 401 or _word(own) == expected["wrong_key"])
        return False if is_refused else None

    async def _refused_late(self, name: str, seen: Seen, adopt: Callable[[str], Any]) -> bool:
        """Look at the task of an accepted request; return whether the next one may be sent."""
        protocol = self._account.host.protocol
        try:
            task_id = protocol.parse_submission(seen.body) if seen.status == 200 else ""
        except Wan27Error:
            task_id = ""
        if not task_id:
            self._facts["unclear_bad_request"] = name
            return False
        self._redactor.keep_out(task_id)
        if self._contract.refuses_late:
            look = await self._raw.ended(task_id, self._contract)
            if look.word == "FAILED":
                late = self._facts["late_refusals"] or {}
                self._facts["late_refusals"] = {**late, name: self._redactor.clean(look.reason)}
                return True
        adopt(task_id)
        self._facts["accepted_bad_request"] = name
        return False

    def _see(self, name: str, seen: Seen) -> None:
        described = seen.described(self._redactor)
        word = self._contract.look(seen.json).word if seen.status == 200 else ""
        if word and name == "unknown_task":
            described["reason"] = self._redactor.clean(word)
        self._facts[name] = described


def is_same_refusal(first: Answer | None, second: Answer | None) -> bool | None:
    """Return whether two refusals say the same, ids and numbers aside.

    None where one is missing, or a page that says the same of everything.
    """
    if not first or not second or min(first["status"], second["status"]) < 400:
        return None
    is_same = _essence(first) == _essence(second)
    return None if is_same and "JSON" not in first["form"] else is_same


def is_fault_ignored(facts: Facts, name: str) -> bool | None:
    """Return whether a request without an image is refused alike with a fault of that name."""
    late = facts["late_refusals"] or {}
    if {name, "no_medium"} <= late.keys():
        return bool(late[name] == late["no_medium"])
    return is_same_refusal(facts[name], facts["no_medium"])


def _essence(answer: Answer) -> tuple[int, str, str]:
    text = re.sub(r"<\w+>|[\d-]+", "", str(answer["message"]))
    return answer["status"], answer["reason"], text


def _word(answer: Answer | None) -> tuple[int, str]:
    return (answer["status"], answer["reason"]) if answer else (0, "")


def limits_in(headers: Mapping[str, str]) -> dict[str, str]:
    """Return what a busy host says of its limits: short numbers only."""
    names = [name for name in headers if "limit" in name.lower() or name.lower() == "retry-after"]
    return {name.lower(): str(headers[name])[:40] for name in names}
