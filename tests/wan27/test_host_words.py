"""What a host says of a request with images inside reaches the user as advice, without the images.

Real HTTP against the simulator.
"""

from __future__ import annotations

import pytest

from tests.simulator import Fault
from wan27 import errors
from wan27.generate import generate
from wan27.journal.states import State

PIXELS = "iVBORw0KGgo" * 500
HINT = 'Novita seems to want a URL instead of an image inside the request. Set "Upload via"'


def refusal(message, status=400, reason="INVALID_REQUEST_BODY", **metadata):
    body = {"code": status, "reason": reason, "message": message, "metadata": metadata}
    return Fault(on="submit", do="status", status=status, body=body)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (
            Fault(on="run", do="fail", reason=f"Failed to download data:image/png;base64,{PIXELS}"),
            errors.TaskFailed,
        ),
        (refusal("image_url must be a valid URL"), errors.RequestRefused),
        (refusal("", details={"image_url": f"not a URL: {PIXELS}"}), errors.RequestRefused),
        (refusal(f'{{"msg": "bad url data:image/png;base64,{PIXELS}"}}'), errors.RequestRefused),
    ],
)
async def test_a_host_that_wants_a_url_says_so(simulator, make_session, make_job, fault, kind):
    """Refused or failed; the images are not in the error, nor in the journal."""
    simulator.script.faults.append(fault)
    session = make_session()
    with pytest.raises(kind) as caught:
        await generate(make_job(), session)
    (entry,) = session.journal.in_state(State.FAILED)
    assert (True, False) == (HINT in str(caught.value), "iVBORw0KGgoiV" in str(caught.value))
    assert "iVBORw0KGgoiV" not in entry.error
    assert 1 == len(simulator.submissions)


async def test_a_limit_that_only_words_tell_of_is_not_sent_again(simulator, make_session, make_job):
    """A POST is repeated after 429 or its documented reason alone."""
    simulator.script.faults.append(refusal("RPM limit reached", 403, ""))
    with pytest.raises(errors.RateLimited, match="Wait a minute"):
        await generate(make_job(), make_session())
    assert 1 == len(simulator.submissions)


async def test_a_task_that_failed_by_an_http_error_is_quoted_once(
    simulator, make_session, make_job
):
    """The host's words, not our sentence around them, and the advice for them."""
    body = {"reason": "TASK_FAILED", "message": "IPInfringementSuspect", "metadata": {}}
    simulator.script.faults.append(Fault(on="task", do="status", status=500, body=body, times=None))
    with pytest.raises(errors.TaskFailed) as caught:
        await generate(make_job(), make_session())
    assert "failed at Novita: IPInfringementSuspect (HTTP 500)." in str(caught.value)
    assert "protected character" in str(caught.value)
    assert "returned an error" not in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [{"data": {"task_id": "t-987"}}, {"task_id": 987}, ["t-987"], '<p>accepted as "t-987"</p>'],
)
async def test_an_answer_without_a_task_id_in_its_place_is_quoted(
    simulator, make_session, make_job, answer
):
    """Nothing is guessed; the person who must decide sees what the host answered."""
    simulator.script.faults.append(Fault(on="submit", do="status", status=200, body=answer))
    with pytest.raises(errors.SubmissionUncertain) as caught:
        await generate(make_job(), make_session())
    assert str(caught.value).startswith("Novita answered the request sent at ")
    assert "987" in str(caught.value).partition(", so you may have been charged")[0]
