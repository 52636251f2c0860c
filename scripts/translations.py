"""The texts of the nodes in every language but English: `nodes/<language>.json`, filled in.

A source says each text once. `{frame}`, `{clip}` and `{audio}` are its `rules`, which several
inputs share, and `{label[wait]}` is what the page shows for the field `wait`: the word of ComfyUI's
own nodes where they have that field. Every other name in braces is a limit or a price of the pack.
"""

from __future__ import annotations

import json
from typing import Any

from wan27 import limits, money

from .environment import ROOT

SOURCES = ROOT / "scripts" / "nodes"
LOCALES = ROOT / "locales"


def languages() -> list[str]:
    """Return the languages that have a source."""
    return sorted(path.stem for path in SOURCES.glob("*.json"))


def translated(language: str, english: dict[str, Any]) -> dict[str, Any]:
    """Return the nodeDefs.json of a language, with the nodes and fields of the English one."""
    source = read(SOURCES / f"{language}.json")
    values: dict[str, Any] = limit_texts() | {"label": source["labels"]}
    values |= {name: text.format(**values) for name, text in source["rules"].items()}

    def field(part: str, name: str) -> dict[str, str]:
        return {"name": source["labels"][name], "tooltip": source[part][name].format(**values)}

    return {
        node_id: {
            **{key: text.format(**values) for key, text in source["nodes"][node_id].items()},
            **{
                part: {key: field(part, each["name"]) for key, each in node[part].items()}
                for part in ("inputs", "outputs")
            },
        }
        for node_id, node in english.items()
    }


def labels(language: str) -> dict[str, str]:
    """Return what the page shows for each input and output, by its id; in English its id."""
    english, shown = (read(LOCALES / each / "nodeDefs.json") for each in ("en", language))
    return {
        field["name"]: shown[node_id][part][key]["name"]
        for node_id, node in english.items()
        for part in ("inputs", "outputs")
        for key, field in node[part].items()
    }


def limit_texts() -> dict[str, str]:
    """Return the limits and prices by name, for texts in any language."""
    frame, clip = limits.MEDIA["first_frame"], limits.MEDIA["first_clip"]
    audio = limits.MEDIA["driving_audio"]
    low_aspect, high_aspect = limits.ASPECT_TEXT.split(" to ")
    return {
        "prompt_characters": str(limits.PROMPT_CHARACTERS),
        "negative_prompt_characters": str(limits.NEGATIVE_PROMPT_CHARACTERS),
        **_range("duration", limits.DURATION_SECONDS),
        **_range("seed", limits.SEED),
        **_range("frame_pixels", frame.side_pixels),
        **_range("clip_pixels", clip.side_pixels),
        **_range("clip_seconds", clip.seconds),
        **_range("audio_seconds", audio.seconds),
        "min_aspect": low_aspect,
        "max_aspect": high_aspect,
        "inline_megabytes": str(limits.INLINE_IMAGE_BYTES // limits.MEGABYTE),
        "frame_megabytes": str(frame.max_megabytes),
        "clip_megabytes": str(clip.max_megabytes),
        "audio_megabytes": str(audio.max_megabytes),
        "prices": money.price_list(),
        "hosts_without_price": money.hosts_without_price(),
    }


def _range(name: str, limit: tuple[float, float] | None) -> dict[str, str]:
    low, high = limit or (0, 0)
    return {f"min_{name}": f"{low}", f"max_{name}": f"{high}"}


def read(path: Any) -> Any:
    """Return the JSON in a file."""
    return json.loads(path.read_text(encoding="utf-8"))
