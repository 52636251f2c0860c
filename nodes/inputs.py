"""The inputs and outputs that the nodes share.

Workflows save their order: append, never insert, rename or reorder.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from comfy_api.latest import io

from ..wan27 import limits, money

CATEGORY = "Wan 2.7"

_FRAME = limits.MEDIA["first_frame"]
_FRAME_RULES = (
    f"{_FRAME.side_text} a side, {limits.ASPECT_TEXT}, one image. Sent as PNG, unchanged to the"
    f" bit; at most {limits.INLINE_IMAGE_BYTES // limits.MEGABYTE} MB, or {_FRAME.max_megabytes} MB"
    " with “Upload via” or Alibaba."
)


def first_frame() -> io.Input:
    """Return the image that the video begins with."""
    return io.Image.Input("first_frame", tooltip=f"The first frame of the video. {_FRAME_RULES}")


def last_frame(*, optional: bool = False) -> io.Input:
    """Return the image that the video ends with."""
    return io.Image.Input(
        "last_frame",
        optional=optional,
        tooltip=f"The last frame of the video. {_FRAME_RULES}",
    )


def driving_audio() -> list[io.Input]:
    """Return the two inputs for the audio that drives the video."""
    audio = limits.MEDIA["driving_audio"]
    rules = (
        f"Audio that drives the video (lips, beats): {audio.seconds_text}, at most"
        f" {audio.max_megabytes} MB; only the part as long as the video is used."
    )
    return [
        io.Audio.Input(
            "driving_audio",
            optional=True,
            tooltip=(
                f"{rules} Needs “Upload via” (a bucket, or the public address of this ComfyUI),"
                " except at Alibaba."
            ),
        ),
        io.String.Input(
            "driving_audio_url",
            default="",
            optional=True,
            advanced=True,
            tooltip=(
                f"{rules} A public https URL of a wav or mp3 file. Empty: the model generates"
                " matching audio."
            ),
        ),
    ]


def parameters() -> list[io.Input]:
    """Return the widgets of the nodes that generate.

    Optional, so that a prompt of a program may leave them out and they keep their order.
    """
    low, high = limits.DURATION_SECONDS
    return [
        io.String.Input(
            "prompt",
            multiline=True,
            optional=True,
            default="",
            tooltip=f"What happens in the video. At most {limits.PROMPT_CHARACTERS} characters.",
        ),
        io.String.Input(
            "negative_prompt",
            multiline=True,
            optional=True,
            default="",
            tooltip=(
                f"What you do not want to see. At most {limits.NEGATIVE_PROMPT_CHARACTERS}"
                " characters."
            ),
        ),
        io.Combo.Input(
            "resolution",
            options=list(limits.RESOLUTIONS),
            optional=True,
            default=limits.DEFAULT_RESOLUTION,
            tooltip=(
                "The resolution tier; the aspect ratio follows the first frame or clip. Price per"
                f" second of video: {money.price_list()}. Not published:"
                f" {money.hosts_without_price()}."
            ),
        ),
        io.Int.Input(
            "duration",
            optional=True,
            default=limits.DEFAULT_DURATION_SECONDS,
            min=low,
            max=high,
            tooltip=(
                f"The length of the finished video in whole seconds, {low} to {high}. Every second"
                " is billed. A continuation includes the clip."
            ),
        ),
        io.Int.Input(
            "seed",
            optional=True,
            default=limits.DEFAULT_SEED,
            min=limits.SEED[0],
            max=limits.SEED[1],
            control_after_generate=io.ControlAfterGenerate.fixed,
            tooltip=(
                "The same seed with the same inputs is the same video, which is never bought twice."
                " Another seed buys a new one."
            ),
        ),
        io.Boolean.Input(
            "prompt_extend",
            optional=True,
            advanced=True,
            default=limits.DEFAULT_PROMPT_EXTEND,
            tooltip=(
                "Let the host's language model extend the prompt: better for short prompts,"
                " slightly slower, the same price."
            ),
        ),
        io.Boolean.Input(
            "watermark",
            optional=True,
            advanced=True,
            default=limits.DEFAULT_WATERMARK,
            tooltip="Put the host's watermark in the lower right corner.",
        ),
        decode_frames(),
        io.Boolean.Input(
            "wait",
            optional=True,
            advanced=True,
            default=True,
            tooltip=(
                "Off: submit, output task_id and continue at once. The same node with wait on, or"
                " Task Poll, collects the video later, free of charge."
            ),
        ),
    ]


def decode_frames() -> io.Input:
    """Return the switch for the frames output."""
    return io.Boolean.Input(
        "decode_frames",
        optional=True,
        default=True,
        tooltip=(
            "Output all frames as an IMAGE batch: 5 s need 1.7 GB of memory at 720P and 3.7 GB at"
            " 1080P. Off: the frames output is blocked; video, audio and last_frame work as before."
        ),
    )


def hidden() -> list[io.Hidden]:
    """Return the hidden inputs that name the node and its workflow, to show the status on it."""
    return [io.Hidden.unique_id, io.Hidden.dynprompt, io.Hidden.extra_pnginfo]


def stays_in_history() -> dict[str, Any]:
    """Let the history of a prompt have a node that ComfyUI found cached; older versions cannot."""
    known = {each.name for each in fields(io.Schema)}
    return {"has_intermediate_output": True} if "has_intermediate_output" in known else {}


def outputs() -> list[io.Output]:
    """Return the outputs of all four nodes."""
    return [
        io.Image.Output(
            "frames", display_name="frames", tooltip="All frames, float32 [F, H, W, 3] in 0..1."
        ),
        io.Audio.Output(
            "audio",
            display_name="audio",
            tooltip="The sound, as long as the video; silence if the video has none.",
        ),
        io.Float.Output("fps", display_name="fps", tooltip="Frames per second of the video."),
        io.Video.Output(
            "video",
            display_name="video",
            tooltip="The file in output/wan27. Save Video copies it without loss.",
        ),
        io.Image.Output(
            "last_frame", display_name="last_frame", tooltip="The last frame, to continue from."
        ),
        io.String.Output(
            "task_id",
            display_name="task_id",
            tooltip="The task at the host. Task Poll collects it again, free of charge.",
        ),
    ]


def generation(hidden: Any) -> int:
    """Return the fingerprint of a node: see `host.status.given_videos.generation`."""
    from ..host.status.given_videos import generation as of_node

    return of_node(getattr(hidden, "unique_id", None))
