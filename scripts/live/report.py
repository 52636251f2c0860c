"""The report, as Markdown for people and as JSON that sets the simulator."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from wan27.api.hosts import Host
from wan27.files import atomic_write

from .contract import Contract
from .facts import Facts
from .probes import is_fault_ignored
from .redactor import Redactor
from .rows import SAME, Row, queue_seconds

_NEXT = (
    "It has no key, id or address. Read it, then send both files with the issue form"
    ' "What a host really does".'
)


def write_report(
    folder: Path, host: Host, rows: list[Row], script: dict[str, Any], redactor: Redactor
) -> tuple[Path, Path]:
    """Write both files and return their paths."""
    day = time.strftime("%Y-%m-%d", time.gmtime())
    head = {"host": host.name, "date": day, "script": script}
    data = json.dumps({**head, "rows": [asdict(each) for each in rows]}, indent=1)
    texts = {"md": _markdown(host, day, rows), "json": data + "\n"}
    paths = [folder / f"{host.name}.{ending}" for ending in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        with atomic_write(path) as file:
            file.write(redactor.without_secrets(text).encode())
    return paths[0], paths[1]


def _markdown(host: Host, day: str, rows: list[Row]) -> str:
    lines = [f"# {host.title_first} on {day}", "", _summary(rows), _NEXT, ""]
    lines += ["| part | assumption | seen | verdict |", "|---|---|---|---|"]
    for each in rows:
        cells = (each.section, each.assumption, each.seen, _marked(each.verdict))
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines) + "\n"


def _summary(rows: list[Row]) -> str:
    counts = {each.verdict: 0 for each in rows}
    for each in rows:
        counts[each.verdict] += 1
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.items()) + "."


def _marked(verdict: str) -> str:
    return verdict if verdict == SAME else f"**{verdict}**"


def script_of(facts: Facts, contract: Contract) -> dict[str, Any]:
    """Return what the simulator can be set by: `Script.from_report` knows these names."""
    errors = {
        name: [seen["status"], seen["reason"]]
        for name in ("no_key", "wrong_key", "unknown_task", "unknown_path", "no_medium")
        if (seen := facts[name]) and seen["status"] >= 400
    }
    forms = {facts[name]["form"] for name in errors}
    found: dict[str, Any] = {
        "protocol": contract.name,
        "errors": errors,
        "error_form": "html" if forms == {"HTML"} else "flat",
    }
    if balance := facts["balance"]:
        found["has_balance"] = balance["is_number"]
    is_ignored = is_fault_ignored(facts, "unknown_field")
    if is_ignored is not None:
        found["unknown_fields"] = is_ignored
    return found | _task_script(facts, contract) | _video_script(facts)


def _task_script(facts: Facts, contract: Contract) -> dict[str, Any]:
    submission, polls = facts["submission"] or {}, facts["polls"] or []
    found: dict[str, Any] = {}
    if submission.get("way") == "data:":
        bad = submission if submission["outcome"] == "refused" else facts["end"]
        if bad is None:
            found["data"] = "accepted"
        elif bad["is_about_request"]:
            found["data"] = "refused" if bad is submission else "fails"
    if polls:
        queued, whole = queue_seconds(polls, contract), float(polls[-1]["after"])
        if not facts["has_gap"]:
            found["queued_seconds"], found["working_seconds"] = queued, round(whole - queued, 1)
        found["statuses"] = _reworded(polls, contract)
    return found


def _reworded(polls: list[dict[str, Any]], contract: Contract) -> dict[str, str]:
    """Return documented word -> the host's own, by their order, where any differs."""
    words = list(dict.fromkeys(poll["word"] for poll in polls))
    documented = [*contract.words[:2], contract.finals[0]]
    missing = [word for word in documented if word not in words]
    others = [word for word in words if word not in contract.words]
    if not others:
        return {}
    # The last word of a life is that of its end; the others fill what is missing from the front.
    pairs = {contract.finals[0]: others.pop()} if words[-1] in others else {}
    return pairs | dict(zip([word for word in missing if word not in pairs], others, strict=False))


def _video_script(facts: Facts) -> dict[str, Any]:
    url, whole, film = facts["url"], facts["download"], facts["film"]
    found: dict[str, Any] = {}
    if url:
        life = url["ttl_query"] or url["ttl_field"]
        if str(life).isdecimal() and int(life):
            found["url_seconds"] = int(life)
        if url["is_signed_afresh"] is not None:
            found["fresh_urls"] = url["is_signed_afresh"]
    if whole and whole["status"] == 200:
        found["ranges"] = facts["range"]["status"] == 206
        found["head"] = facts["head"]["status"] == 200
        found["redirects"] = whole["redirects"]
    if film:
        found["film"] = {
            "fps": film["fps"],
            "matrix": film["matrix"],
            "sound": film["sound"] is not None,
        }
    return found
