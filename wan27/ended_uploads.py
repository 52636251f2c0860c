"""The deletion of what was uploaded for tasks that have ended, wherever it was stored.

An upload stays in the journal until it is deleted: after a failure, a kill or a change of
WAN27_UPLOAD, a later Run deletes it.
"""

from __future__ import annotations

import logging
import time

from .errors import InvalidSetting, UploadFailed
from .journal.entry import UploadRef
from .session import Session
from .upload.choose import open_bucket
from .upload.ref_counts import ref_counts_at
from .upload.serving_folder import SERVED
from .upload.uploader import Uploader

# Signed URLs live at least this long: a task without a response may read from them until then.
_URL_SECONDS = 24 * 3600
# An earlier bucket may be out of reach for good: no Run waits for it again so soon.
_PAUSE_SECONDS = 3600.0

logger = logging.getLogger(__name__)

_failed_at: dict[str, float] = {}  # earlier places, and the monotonic time of the last failure


async def delete_ended_uploads(session: Session) -> None:
    """Delete the uploads of tasks that have ended, those of killed processes too.

    A failed deletion is logged and stops no video.
    """
    places = _Places(session.uploader)
    before = time.time() - _URL_SECONDS
    # In one thread: a cancel comes before or after both, the journal's change and the counts'.
    uploads = await session.in_thread(lambda _: session.journal.end_uploads(before, places.is_last))
    deleted: list[UploadRef] = []
    for upload in uploads:
        uploader = places.uploader(upload.place)
        if uploader is None:
            continue
        try:
            await session.ticking(uploader.remove(upload.name))
            deleted.append(upload)
        except UploadFailed as error:
            places.failed(upload.place, error)
    if deleted:
        # Not after a cancel: then a later Run finds that they are gone.
        await session.in_thread(lambda _: session.journal.forget_uploads(deleted))


class _Places:
    """The uploaders of the places of recorded uploads, for one cleanup."""

    def __init__(self, current: Uploader) -> None:
        """`current` is the uploader of the Run."""
        self._current = current
        self._open: dict[str, Uploader | None] = {current.place: current}

    def uploader(self, place: str) -> Uploader | None:
        """Return the uploader of a place, or None where it cannot be used for now."""
        if place not in self._open:
            self._open[place] = None
            failed_at = _failed_at.get(place)
            if failed_at is None or time.monotonic() - failed_at > _PAUSE_SECONDS:
                try:
                    self._open[place] = open_bucket(place)
                except InvalidSetting as error:
                    self.failed(place, error)
        return self._open[place]

    def is_last(self, upload: UploadRef, needed: bool) -> bool:
        """Count one task less; return whether the upload must stay recorded until it is deleted."""
        if upload.place == SERVED != self._current.place:
            # No name is needed to delete it: the served folder is swept at the start of each Run.
            ref_counts_at(SERVED).release(upload.name)
            return False
        uploader = self.uploader(upload.place)
        return uploader is None or uploader.release(upload.name, needed=needed)

    def failed(self, place: str, error: Exception) -> None:
        """Try nothing more at a place in this cleanup. An earlier place is logged once."""
        self._open[place] = None
        if place == self._current.place:
            logger.warning("Wan 2.7: %s", error)
            return
        if place not in _failed_at:
            logger.warning(
                "Wan 2.7: uploads of ended tasks remain at %s, an earlier WAN27_UPLOAD: %s A later"
                " Run tries again, or delete them yourself.",
                place,
                error,
            )
        _failed_at[place] = time.monotonic()
