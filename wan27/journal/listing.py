"""What the list of tasks reads: the newest entries that match, and what each day has cost.

A search reads the whole file, a hundred thousand entries in a fraction of a second: SQLite looks
for the words in the stored JSON first, and decodes only what has them somewhere.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ..money import Cost, Spent
from .database import Table, entry_of, in_states
from .entry import Entry
from .states import State

# What may have been bought. Hardly a host documents that a failed task is free; one that is has a
# cost of 0. Without a task it was refused, or nothing was sent.
_BOUGHT = "fingerprint IS NOT NULL AND NOT (state = 'failed' AND task_id IS NULL)"

_EVER = 1e300  # a clock that is wrong may have written any time

_FOUND = """(parameters LIKE ? ESCAPE '!' OR task_id LIKE ? ESCAPE '!') AND (
    json_extract(parameters, '$.prompt') LIKE ? ESCAPE '!'
    OR json_extract(parameters, '$.seed') LIKE ? ESCAPE '!' OR task_id LIKE ? ESCAPE '!')"""


@dataclass(frozen=True, slots=True)
class Query:
    """What a person looks for: every word in the prompt, the task id or the seed.

    `states` None is every state; `task_id` is the whole id, at any host.
    """

    words: tuple[str, ...] = ()
    states: tuple[State, ...] | None = None
    task_id: str | None = None


ALL = Query()


def recent(table: Table, count: int, before: int | None, query: Query) -> list[Entry]:
    """Return at most `count` entries that match, the newest first, with ids below `before`."""
    conditions: list[tuple[str, tuple[Any, ...]]] = [("forgotten = 0", ())]
    if before is not None:
        conditions.append(("id < ?", (before,)))
    if query.task_id is not None:
        conditions.append(("task_id = ?", (query.task_id,)))
    if query.states is not None:
        marks = ", ".join("?" * len(query.states))
        # With a plus: the index of states would sort all finished entries for a few.
        states = tuple(state.value for state in query.states)
        conditions.append((f"+state IN ({marks})", states))
    conditions += [_has(word) for word in query.words]
    where = " AND ".join(condition for condition, _ in conditions)
    select = f"SELECT * FROM entries WHERE {where} ORDER BY id DESC LIMIT ?"  # noqa: S608
    values = [value for _, values in conditions for value in values]
    return [entry_of(row) for row in table.read(select, *values, count)]


def videos_in(table: Table, folder: str) -> set[str]:
    """Return the paths of the finished videos in a folder, and in those below it."""
    others = in_states(state for state in State if state is not State.FINISHED)
    # The index of paths is enough; for the state of each row SQLite would read the whole file.
    select = f"""SELECT path FROM entries WHERE path > ? AND path < ?
        EXCEPT SELECT path FROM entries WHERE {others}"""  # noqa: S608
    return {row["path"] for row in table.read(select, f"{folder}/", f"{folder}0")}


def _has(word: str) -> tuple[str, tuple[str, ...]]:
    """Return the condition for a word in whatever case; LIKE knows that of ASCII letters only."""
    values: list[str] = []
    cases = dict.fromkeys((word, word.lower(), word.upper(), word.capitalize()))
    for each in cases if not word.isascii() else [word]:
        plain, stored = _like(each), _like(json.dumps(each)[1:-1])
        values += [stored, plain, plain, plain, plain]
    condition = " OR ".join([_FOUND] * (len(values) // 5))
    return f"({condition})", tuple(values)


def _like(text: str) -> str:
    for special in "!%_":
        text = text.replace(special, f"!{special}")
    return f"%{text}%"


def spent_since(table: Table, since: float) -> Spent:
    """Return what was submitted since then (epoch seconds), without refusals."""
    spent = Spent()
    for day in spent_by_day(table, since).values():
        spent = spent.plus(day)
    return spent


def spent_by_day(table: Table, since: float, until: float = _EVER) -> dict[str, Spent]:
    """Return the same of each local day ("2026-11-30") with a submission, up to `until`.

    A time that is in no year that SQLite knows has the name "".
    """
    select = f"""SELECT coalesce(date(created, 'unixepoch', 'localtime'), '') AS day,
        CAST(cost AS TEXT) AS cost, count(*) AS videos, sum(seconds) AS seconds FROM entries
        WHERE created >= ? AND created < ? AND {_BOUGHT}
        GROUP BY day, cost ORDER BY min(id)"""  # noqa: S608
    days: dict[str, Spent] = {}
    for row in table.read(select, since, until):
        one = Cost.parse(row["cost"])
        cost = None if one is None else Cost(one.amount * row["videos"], one.currency)
        days[row["day"]] = days.get(row["day"], Spent()).add(cost, row["seconds"])
    return days
