"""Every error a user can meet.

Each message is a sentence or two: what happened, and what to do next.

Wan27Error
├── InvalidInput            a rule is broken; nothing was sent
├── MissingKey              no API key was found; nothing was sent
├── InvalidSetting          an environment variable or a settings file cannot be used; nothing was sent
├── NotInstalled            a Python package that this pack needs is missing; nothing was sent
├── JournalFailed           the record of submissions cannot be read or written; nothing was sent
│   └── TaskNotRecorded        a task was submitted and its id could not be recorded; it is in the message
├── NoRoom                  the folder for videos cannot be written, or its disk is full; nothing was sent
├── CostRefused             the estimate is above the user's own limit; nothing was sent
├── UploadFailed            local media could not be made reachable, or not be removed again; nothing was submitted
├── HostUnreachable         no connection could be made, or one that costs nothing broke off
├── HostRefused             the API answered with an error
│   ├── KeyRefused             the key is missing, wrong or not allowed
│   ├── BalanceTooLow          the account has no money left
│   ├── ContentRefused         moderation refused the prompt or a picture
│   ├── RequestRefused         the host read the request and did not like it
│   ├── NotAllowed             the account may not use this model
│   ├── TaskUnknown            the host does not know the task id
│   ├── RateLimited            too many requests; carries `retry_after_seconds`
│   └── HostFailed             the host's own trouble (5xx)
├── UnexpectedResponse        the API answered outside its documentation
├── SubmissionUncertain     the request may have been accepted, and charged, without an answer
├── TaskFailed              the host ran the task and gave up
├── StillRunning            the task outlived the time a node waits; it is kept
├── DownloadFailed          the finished video could not be fetched; the task is kept
│   └── VideoGone              the host still knows a task of days ago, and no longer has its video
├── InvalidVideo            a video file cannot be read
└── NotEnoughMemory         the frames of a video do not fit into what is free
"""

from __future__ import annotations


class Wan27Error(Exception):
    """The base of every error of this pack; its text is written for the person at the graph."""


class InvalidInput(Wan27Error):
    """A rule of the API or of this pack is broken.

    Nothing was sent. `name` is the node's socket or widget.
    """

    def __init__(self, name: str, problem: str) -> None:
        """`problem` reads on from the input's name: "is 100 × 100 pixels; …"."""
        super().__init__(f"{name} {problem}")
        self.name = name


class MissingKey(Wan27Error):
    """No API key was found. Nothing was sent."""


class InvalidSetting(Wan27Error):
    """An environment variable or a settings file holds something unusable. Nothing was sent."""


class NotInstalled(Wan27Error):
    """A Python package that this pack needs is not in the Python that runs ComfyUI.

    Nothing was sent.
    """


class JournalFailed(Wan27Error):
    """The record of submissions cannot be read or written.

    Without it nothing is sent: a paid task could be lost.
    """


class TaskNotRecorded(JournalFailed):
    """A task was submitted, and then its id could not be recorded.

    The message names it: Task Poll collects it.
    """


class NoRoom(Wan27Error):
    """The folder for videos cannot be written, or its disk is full: found out before anything is bought.

    Nothing was sent.
    """


class CostRefused(Wan27Error):
    """The estimate is above the limit that the user set. Nothing was sent."""


class UploadFailed(Wan27Error):
    """Local media could not be put where the host can fetch them, so nothing was submitted; or they could not be deleted afterwards."""


class HostUnreachable(Wan27Error):
    """No connection to the API could be made, or reading from it broke off.

    A submission that ends so was never sent.
    """


class HostRefused(Wan27Error):
    """The API answered with an error.

    `status` is HTTP's, `reason` the host's own word for it ("" where it gave none).
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        reason: str = "",
        retry_after_seconds: float | None = None,
    ) -> None:
        """`retry_after_seconds` is what the host asked to wait, None where it did not ask."""
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.retry_after_seconds = retry_after_seconds


class KeyRefused(HostRefused):
    """The key is missing, wrong, or not allowed to call this."""


class BalanceTooLow(HostRefused):
    """The account has no money left."""


class ContentRefused(HostRefused):
    """Moderation refused the prompt or a picture."""


class RequestRefused(HostRefused):
    """The host read the request and refused it."""


class NotAllowed(HostRefused):
    """The account may not use this model."""


class TaskUnknown(HostRefused):
    """The host does not know the task id: mistyped, of another account or host, or expired."""


class RateLimited(HostRefused):
    """Too many requests at once."""


class HostFailed(HostRefused):
    """The host's own trouble: 5xx, or a gateway in front of it."""


class UnexpectedResponse(Wan27Error):
    """The API answered outside its documentation; the message says what was seen."""


class SubmissionUncertain(Wan27Error):
    """The request may have been accepted, and charged, but no answer came.

    It is never sent again silently.
    """


class TaskFailed(Wan27Error):
    """The host ran the task and gave up; by the hosts' guides a failed task costs nothing."""


class StillRunning(Wan27Error):
    """The task outlived the time a node waits.

    It goes on at the host and is collected by the next Run.
    """


class DownloadFailed(Wan27Error):
    """The finished video could not be fetched or is broken.

    The task is kept and the next Run tries again.
    """


class VideoGone(DownloadFailed):
    """The host still knows a task of days ago, and every address that it gives for the video is dead."""


class InvalidVideo(Wan27Error):
    """A video file cannot be read: not a video, truncated, or empty."""


class NotEnoughMemory(Wan27Error):
    """The frames of a video need more memory than is free. The video itself is on disk."""
