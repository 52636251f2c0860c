"""Killed from outside at any moment, restarted, killed again, several times in a row: with pictures inside the request, and with a bucket."""

from __future__ import annotations

import time

from tests.wan27.upload.s3_server import S3Server
from wan27.simulator import Fault, Simulator

from .child import Child
from .judge import finish, judge, let_time_pass
from .tally import Tally
from .trial import Trial
from .user import Request, Said, run

_MOST_KILLS = 5
# Answers and videos that take their time, so that more kills fall into them.
_SLOW = (
    Fault(on="submit", do="stall", seconds=0.05, times=None),
    Fault(on="download", do="stall", after_bytes=1000, seconds=0.1, times=None),
)


def kill_at_random(trial: Trial, times: int | None = None) -> list[Tally]:
    """One row for each way to send a picture."""
    times = times or trial.times(8, 100)
    with trial.host(working_seconds=0.02, faults=_SLOW) as host:
        tallies = [_torment(trial, host, "inside the request", times, {})]
        with S3Server() as s3:
            tallies.append(_torment(trial, host, "through a bucket", times, cloud(s3)))
            _count_objects(s3, trial, host, tallies[-1])
    return tallies


def _torment(trial: Trial, host: Simulator, way: str, times: int, cloud: dict[str, str]) -> Tally:
    tally = Tally(f"killed at any moment, up to {_MOST_KILLS} times in a row, pictures {way}")
    whole = _seconds(_request(trial, host, f"{way}, timed", cloud))
    for number in range(times):
        request = _request(trial, host, f"{way} {number}", cloud)
        said, kills = _restarted(request, trial, whole)
        said += finish(request) if not (said and said[-1].task_id) else []
        tally.notes["kills"] += kills
        judge(tally, request, host, said, trial.video.read_bytes())
    return tally


def _request(trial: Trial, host: Simulator, prompt: str, cloud: dict[str, str]) -> Request:
    upload = "s3://media/wan27" if cloud else ""
    return Request(host.base_url, trial.key, trial.folder / prompt.replace(" ", "-"), prompt, upload, cloud)


def _seconds(request: Request) -> float:
    """How long a Run takes that nobody kills; the first one warms up."""
    for prompt in ("cold", "warm"):
        began = time.monotonic()
        Child(run, Request(request.url, request.key, request.folder / prompt, prompt, request.upload, request.env)).end()
    return time.monotonic() - began


def _restarted(request: Request, trial: Trial, whole_seconds: float) -> tuple[list[Said], int]:
    """Run and kill until one Run was faster than its killer; how the Runs ended that were left alive, and how many were killed."""
    said: list[Said] = []
    for kills in range(_MOST_KILLS):
        child = Child(run, request)
        if not child.is_over(trial.chance.uniform(0, whole_seconds)):
            child.kill()
            let_time_pass(request.folder)
        ended = child.end()
        said += [ended] if ended else []
        if ended and ended.task_id:
            return said, kills
    return said, _MOST_KILLS


def cloud(s3: S3Server) -> dict[str, str]:
    """The environment in which the server is the cloud."""
    return {
        "AWS_ACCESS_KEY_ID": s3.access_key,
        "AWS_SECRET_ACCESS_KEY": s3.secret,
        "AWS_REGION": s3.region,
        "AWS_ENDPOINT_URL": s3.url,
        "AWS_ALLOW_HTTP": "true",
    }


def _count_objects(s3: S3Server, trial: Trial, host: Simulator, tally: Tally) -> None:
    """What lies in the bucket when all is over; killed processes may leave some there, and no task that runs may have lost its own."""
    named = set()
    for folder in trial.folder.glob("through-a-bucket*"):
        journal = Request(host.base_url, trial.key, folder, "").journal
        named |= {name for entry in journal.recent(1000) for name in entry.uploads}
    left = {key.rpartition("/")[2] for key in s3.objects}
    tally.notes["objects left in the bucket that no entry names (killed before the record)"] += len(left - named)
    tally.notes["objects left in the bucket of entries that have ended (killed before the deletion, or nobody heard the answer)"] += len(
        left & named
    )
