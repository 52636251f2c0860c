"""Writing settings.json and credentials.json: whole or not at all, readable by their owner alone, and what else stands in them is kept."""

from __future__ import annotations

import json
import os
import secrets
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..wan27.errors import InvalidSetting
from ..wan27.replace import replace

SETTINGS, CREDENTIALS = "settings.json", "credentials.json"

_writing = threading.Lock()  # two changes at once: each reads what the other has written


def store(folder: Path, file: str, values: Mapping[str, str | None]) -> None:
    """Write `values` into that file of `folder`; None and "" remove. The other file no longer speaks of them. Blocking.

    Raises `InvalidSetting` where a file cannot be read or written; no value is quoted.
    """
    other = SETTINGS if file == CREDENTIALS else CREDENTIALS
    with _writing:
        contents = {name: read_object(folder / name) for name in (file, other)}
        for name, content in contents.items():
            kept = {key: value for key, value in content.items() if key not in values}
            new = {**kept, **{key: value for key, value in values.items() if value}} if name == file else kept
            if new != content:
                _write(folder / name, new)


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file, {} where there is none. Raises `InvalidSetting`."""
    try:
        content = json.loads(path.read_text("utf-8-sig"))  # Windows editors like to begin a file with a mark
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise InvalidSetting(f'{path} cannot be read ({type(error).__name__}). It must look like {{"NAME": "value"}}.') from error
    if not isinstance(content, dict):
        raise InvalidSetting(f'{path} holds no object. It must look like {{"NAME": "value"}}.')
    return content


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path = path.resolve()  # a link stays one
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False, indent=2)
            file.flush()
            os.fsync(file.fileno())
        replace(part, path)
    except OSError as error:
        raise InvalidSetting(f"{path} cannot be written ({error.strerror}). Make its folder writable and free some disk space.") from error
    finally:
        part.unlink(missing_ok=True)
