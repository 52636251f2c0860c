"""What is wrong with the drive of the journal, as one sentence and what to do about it.

SQLite says it in a few words that are the same in every version
(https://www.sqlite.org/rescode.html); the codes behind them are known to Python 3.11 and newer.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

from ..files import too_many_open

_NETWORK = ("nfs", "cifs", "smb", "9p", "sshfs", "rclone", "davfs", "glusterfs", "ceph", "lustre")
_MOUNTS = Path("/proc/self/mounts")  # Linux alone

_FULL = {errno.ENOSPC, errno.EDQUOT}
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}
_NO_LOCKS = {errno.ENOLCK, getattr(errno, "ENOTSUP", errno.ENOLCK)}


def drive_problem(error: Exception, path: Path) -> str:
    """Return what an `OSError` or an error of SQLite means for the journal at `path`."""
    words, number = str(error).lower(), getattr(error, "errno", None)
    folder = path.parent
    network = network_drive(folder)
    is_busy = "is locked" in words
    if "locking protocol" in words or number in _NO_LOCKS or (is_busy and network):
        return (
            f"The drive of {folder}{_called(network)} does not lock the journal of paid tasks as it"
            " must, which network drives often do not. Choose a folder on a local drive with"
            " ComfyUI's --user-directory."
        )
    if is_busy:
        return (
            f"Another program has kept the journal of paid tasks at {path} locked for half a"
            " minute, such as a second ComfyUI, a backup, a sync client or a virus scanner. Close"
            f" it, or exclude {folder} from it."
        )
    if " is full" in words or number in _FULL:
        return (
            f"The drive of {folder} is full, so the journal of paid tasks cannot be written. Free"
            " some space there."
        )
    if "readonly" in words or number in _READ_ONLY:
        return (
            f"The journal of paid tasks at {path} cannot be written: the file, its folder or its"
            f" drive{_called(network)} is read-only ({error}). Make it writable for the user that"
            " runs ComfyUI, or choose another folder with ComfyUI's --user-directory."
        )
    if "i/o error" in words or number in {errno.EIO, getattr(errno, "ESTALE", errno.EIO)}:
        return (
            f"The drive of {folder}{_called(network)} fails to read or write the journal of paid"
            f" tasks ({error}): it may be failing or disconnected. Check it, or choose a folder on"
            " another drive with ComfyUI's --user-directory."
        )
    helps = too_many_open() or (
        "Check that the folder is there, is writable for the user that runs ComfyUI and has some"
        " free space."
    )
    return _in_its_place(path) or (
        f"The journal of paid tasks at {path} cannot be used ({error}). {helps}"
    )


def _in_its_place(path: Path) -> str:
    """Return what is where the journal, or its folder, must be; "" where nothing is wrong."""
    wrong, needed = "", ""
    if path.is_dir():
        wrong, needed = f"{path} is a folder", "file"
    elif path.parent.exists() and not path.parent.is_dir():
        wrong, needed = f"{path.parent} is a file", "folder"
    return wrong and (
        f"{wrong}, and the journal of paid tasks needs a {needed} of that name. Move it away."
    )


def network_drive(folder: Path) -> str | None:
    r"""Return the kind of network drive that has a folder, such as "nfs4" or "\\server\share".

    None for a local one, and where the system does not say.
    """
    drive = os.path.splitdrive(os.path.realpath(folder))[0]
    if drive.startswith("\\\\"):
        return drive
    try:
        mounts = [line.split()[1:3] for line in _MOUNTS.read_text("utf-8", "replace").splitlines()]
    except OSError:
        return None
    # Spaces are written as octal numbers there.
    here = os.path.realpath(folder).replace(" ", "\\040")
    around = [each for each in mounts if _is_below(here, each[0])]
    kind = max(around, key=lambda each: len(each[0]), default=("", ""))[1]
    return kind if any(name in kind for name in _NETWORK) else None


def _is_below(path: str, mount: str) -> bool:
    return path == mount or path.startswith(mount.rstrip("/") + "/")


def _called(network: str | None) -> str:
    return f" (a network drive, {network})" if network else ""
