"""Every error a user can meet: what happened, then what to do.

Wan27Error
├── InvalidInput            a rule is broken; nothing was sent
├── MissingKey              there is no API key; nothing was sent
├── InvalidSetting          an environment variable or a settings file is unusable; nothing was sent
├── NotInstalled            a Python package is missing or broken; nothing was sent
├── JournalFailed           the journal cannot be read or written; nothing was sent
│   └── TaskNotRecorded        a task was submitted, and its id (in the message) was not recorded
├── NoRoom                  videos cannot be saved, or the disk is full; nothing was sent
├── CostRefused             the estimate is above the user's limit; nothing was sent
├── UploadFailed            local media could not be uploaded, or their uploads not be deleted
├── HostUnreachable         there was no connection, or a free call broke off
├── HostRefused             the API answered with an error
│   ├── KeyRefused             the key is missing, wrong or not allowed
│   ├── BalanceTooLow          the account has no money left
│   ├── ContentRefused         moderation refused the prompt or an image
│   ├── RequestRefused         the host refused the request
│   ├── NotAllowed             the account may not use this model
│   ├── TaskUnknown            the host does not know the task id
│   ├── RateLimited            too many requests; has `retry_after_seconds`
│   └── HostFailed             the host's own failure (5xx)
├── UnexpectedResponse      the response is not what the API documents
│   └── NoVideo                the task succeeded, and the response has no mp4
├── SubmissionUncertain     the request may have been accepted and charged; no response came
├── NotSent                 another request of the same Run got no response; nothing was sent
├── TaskLost                the task was paid for, and the host no longer gives its video
├── DecisionRefused         what a person decided about a task is not possible
├── TaskFailed              the task failed at the host
├── StillRunning            the task takes longer than a node waits; it is kept
├── DownloadFailed          the finished video could not be downloaded; the task is kept
│   ├── CutShort               the file that the host gives ends too early
│   └── VideoGone              the host knows the task and no longer has its video
├── InvalidVideo            a video file cannot be read
└── NotEnoughMemory         the frames of a video do not fit into the free memory
"""

from __future__ import annotations

import os
import re

# The label of each setting in the dialog. Our texts name a setting by its variable, and `labeled`
# makes them what a person reads.
LABELS = {
    "JIEKOU_API_KEY": "JieKou API key",
    "NOVITA_API_KEY": "Novita API key",
    "PPIO_API_KEY": "PPIO API key",
    "DASHSCOPE_API_KEY": "Alibaba API key",
    "WAN27_HOST": "Host",
    "WAN27_UPLOAD": "Upload via",
    "WAN27_SERVE_PORT": "Port for media only",
    "WAN27_JPEG": "Send large images as JPEG",
    "WAN27_MAX_COST": "Maximum cost per video",
    "WAN27_MAX_COST_DAY": "Maximum cost per day",
    "WAN27_MAX_SECONDS_DAY": "Maximum seconds per day",
    "WAN27_PRICE_720P": "Price per second at 720P",
    "WAN27_PRICE_1080P": "Price per second at 1080P",
    "WAN27_KEEP_DAYS": "Keep history for (days)",
    "WAN27_TIMEOUT": "Timeout (seconds)",
    "WAN27_BASE_URL": "API address",
}
_AS_VARIABLE = "environment variable "
_VARIABLES = re.compile(rf"(?<!{_AS_VARIABLE})\b({'|'.join(LABELS)})\b")


def labeled(text: str) -> str:
    """Return `text` with the label of each setting in place of its variable.

    Where the environment sets it, the variable follows: the dialog cannot change it then.
    """
    return _VARIABLES.sub(lambda match: _label(match[0]), text)


def _label(name: str) -> str:
    where = f" (set by the {_AS_VARIABLE}{name})" if os.environ.get(name) else ""
    return f'"{LABELS[name]}"{where}'


class Wan27Error(Exception):
    """The base of every error of this pack; its text is for the person at the graph.

    `task_id` is the task that it is about, None for none; `advice` says what to do about that task.
    `entry` names the journal entry that a person must decide about, by its id and creation time.
    """

    __module__ = "Wan27"  # ComfyUI shows the module and the class in front of the message

    task_id: str | None = None
    advice: str = ""
    entry: tuple[int, float] | None = None
    without_page: str = ""

    def __init_subclass__(cls) -> None:
        cls.__module__ = "Wan27"

    def about(self, task_id: str, advice: str) -> None:
        """Say which task the error is about, and what to do about it."""
        self.task_id, self.advice = task_id, advice

    def __str__(self) -> str:
        """Return the message and the advice, as a person reads them and any log can encode them.

        A file name that is not UTF-8 cannot be; ComfyUI's log then ends the thread of all prompts.
        """
        message = super().__str__()
        text = labeled(f"{message} {self.advice}" if self.advice else message)
        return text.encode("utf-8", "backslashreplace").decode()

    @property
    def settings(self) -> list[str]:
        """The variables of the settings that the message names, each once."""
        return list(dict.fromkeys(_VARIABLES.findall(super().__str__())))

    @property
    def log_hint(self) -> str:
        """What helps without a page, for the log alone: by default, the variables of settings."""
        meant = [f'"{LABELS[name]}" is the environment variable {name}' for name in self.settings]
        return self.without_page or (f"{', '.join(meant)}." if meant else "")


class InvalidInput(Wan27Error):
    """A rule of the API or of this pack is broken. `name` is the node's socket or widget.

    The message ends by saying that nothing was sent: `problem` is the part of it before that.
    `switch` is the variable of a setting that helps where it is on, "" for none.
    """

    def __init__(self, name: str, problem: str, *, switch: str = "") -> None:
        """`problem` continues the input's name: "is 100 × 100 pixels; …"."""
        super().__init__(f"{name} {problem} Nothing was sent.")
        self.name, self.problem = name, problem
        self.switch = switch


class MissingKey(Wan27Error):
    """There is no API key. `without_page` says how to set one where there is no page."""

    def __init__(self, message: str, without_page: str = "") -> None:
        super().__init__(message)
        self.without_page = without_page


class InvalidSetting(Wan27Error):
    """An environment variable or a settings file is unusable."""


class NotInstalled(Wan27Error):
    """A package is missing in the Python that runs ComfyUI, broken or too old."""


class JournalFailed(Wan27Error):
    """The journal cannot be read or written. Nothing is submitted without it.

    `problem` is the part of the message that says why, without what that means for the Run.
    """

    def __init__(self, message: str, problem: str = "") -> None:
        """Where `problem` is given, it is the beginning of the message."""
        super().__init__(f"{problem} {message}" if problem else message)
        self.problem = problem or message


class TaskNotRecorded(JournalFailed):
    """A task was submitted, and its id could not be recorded."""


class NoRoom(Wan27Error):
    """The folder for videos is not writable, or its disk full: found before anything is bought."""


class CostRefused(Wan27Error):
    """The estimate is above the limit that the user set."""


class UploadFailed(Wan27Error):
    """Local media could not be uploaded, so nothing was submitted; or an upload not be deleted."""


class HostUnreachable(Wan27Error):
    """There was no connection to the API, or reading from it broke off.

    A submission that ends so was never sent.
    """


class HostRefused(Wan27Error):
    """The API answered with an error."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        reason: str = "",
        retry_after_seconds: float | None = None,
        trace_id: str = "",
        words: str = "",
        by_words: bool = False,
    ) -> None:
        """`status` is HTTP's, `reason` the host's code, `words` its message ("" for none).

        `retry_after_seconds` is how long the host asked to wait, None where it did not ask.
        `trace_id` finds the call in the host's logs ("" for none); it ends the message. `by_words`:
        only the words show which error it is, which is no proof: nothing is retried.
        """
        super().__init__(f"{message} Trace id {trace_id}." if trace_id else message)
        self.status = status
        self.reason = reason
        self.retry_after_seconds = retry_after_seconds
        self.trace_id = trace_id
        self.words = words
        self.by_words = by_words


class KeyRefused(HostRefused):
    """The key is missing, wrong, or not allowed to call this."""


class BalanceTooLow(HostRefused):
    """The account has no money left."""


class ContentRefused(HostRefused):
    """Moderation refused the prompt or an image."""


class RequestRefused(HostRefused):
    """The host refused the request."""


class NotAllowed(HostRefused):
    """The account may not use this model."""


class TaskUnknown(HostRefused):
    """The host does not know the task id: mistyped, expired, or of another account or host."""


class RateLimited(HostRefused):
    """Too many requests at once."""


class HostFailed(HostRefused):
    """The host's own failure: 5xx, or a gateway in front of it."""


class UnexpectedResponse(Wan27Error):
    """The response is not what the API documents; the message quotes what was received."""


class NoVideo(UnexpectedResponse):
    """The host says that the task succeeded, and gives no mp4 for it."""


class SubmissionUncertain(Wan27Error):
    """The request may have been accepted and charged, but no response came.

    It is never resent, until a person says which task it is or gives it up.
    """


class NotSent(Wan27Error):
    """Another request of the same Run got no response, so nothing was sent for this one."""


class TaskLost(Wan27Error):
    """The task was paid for, and the host no longer gives its video: a person decides."""


class DecisionRefused(Wan27Error):
    """What a person decided about a task is not possible, as the message says."""


class TaskFailed(Wan27Error):
    """The task failed at the host; the message says whether that may have been charged."""


class StillRunning(Wan27Error):
    """The task takes longer than a node waits. It keeps running; the next Run collects it."""


class DownloadFailed(Wan27Error):
    """The finished video could not be downloaded. The task is kept; the next Run tries again."""


class CutShort(DownloadFailed):
    """The file that the host gives ends too early. Where it does so twice, it is taken as it is."""


class VideoGone(DownloadFailed):
    """The host knows a task of days ago, and every URL that it gives for the video is dead."""


class InvalidVideo(Wan27Error):
    """A video file cannot be read: not a video, truncated, or empty."""


class NotEnoughMemory(Wan27Error):
    """The frames of a video need more memory than is free. The video itself is on disk."""
