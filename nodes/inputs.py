"""The inputs and outputs that the nodes share.

Their order is saved in users' graphs: append, never insert, rename or reorder.
"""

from __future__ import annotations

from comfy_api.latest import io

from ..wan27 import limits, money

CATEGORY = "Wan 2.7"

_FRAME_LIMITS = (
    "240 to 8000 pixels a side, 1:8 to 8:1, one picture. Sent as PNG, unchanged to the bit; at most"
    " 10 MB, or 20 MB with WAN27_UPLOAD."
)


def first_frame() -> io.Input:
    """The picture that the video begins with."""
    return io.Image.Input(
        "first_frame", tooltip=f"The picture that the video begins with. {_FRAME_LIMITS}"
    )


def last_frame(*, optional: bool = False) -> io.Input:
    """The picture that the video ends with."""
    return io.Image.Input(
        "last_frame",
        optional=optional,
        tooltip=f"The picture that the video ends with. {_FRAME_LIMITS}",
    )


def driving_audio() -> list[io.Input]:
    """Sound that drives the video, from the graph or by address."""
    low, high = limits.MEDIA["driving_audio"].seconds or (0, 0)
    what = (
        f"Sound that drives the video (lips, beats): {low} to {high} s, at most 15 MB; only the"
        " part as long as the video is used."
    )
    return [
        io.Audio.Input(
            "driving_audio",
            optional=True,
            tooltip=f"{what} Needs WAN27_UPLOAD (a bucket, or the public address of this ComfyUI).",
        ),
        io.String.Input(
            "driving_audio_url",
            default="",
            optional=True,
            tooltip=(
                f"{what} A public https address of a wav or mp3 file. Empty: the model makes"
                " fitting sound."
            ),
        ),
    ]


def parameters() -> list[io.Input]:
    """The widgets of the three generating nodes."""
    low, high = limits.DURATION_SECONDS
    return [
        io.String.Input(
            "prompt",
            multiline=True,
            default="",
            tooltip=f"What happens in the video. At most {limits.PROMPT_CHARACTERS} characters.",
        ),
        io.String.Input(
            "negative_prompt",
            multiline=True,
            default="",
            tooltip=(
                f"What you do not want to see. At most {limits.NEGATIVE_PROMPT_CHARACTERS}"
                " characters."
            ),
        ),
        io.Combo.Input(
            "resolution",
            options=list(limits.RESOLUTIONS),
            default=limits.DEFAULT_RESOLUTION,
            tooltip=(
                "The size tier; the shape follows the first picture or clip. Price per second of"
                f" video: {money.price_list()}."
            ),
        ),
        io.Int.Input(
            "duration",
            default=limits.DEFAULT_DURATION_SECONDS,
            min=low,
            max=high,
            tooltip=(
                f"Whole seconds of the finished video, {low} to {high}. Every second is billed. In"
                " a continuation the clip counts too."
            ),
        ),
        io.Int.Input(
            "seed",
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
            default=limits.DEFAULT_PROMPT_EXTEND,
            tooltip=(
                "Let the host's language model enrich the prompt: better for short prompts, a"
                " little slower, the same price."
            ),
        ),
        io.Boolean.Input(
            "watermark",
            default=limits.DEFAULT_WATERMARK,
            tooltip="Put the host's mark in the lower right corner.",
        ),
        decode_frames(),
        io.Boolean.Input(
            "wait",
            default=True,
            tooltip=(
                "Off: submit, hand out task_id and go on at once. The same node with wait on, or"
                " Task Poll, collects the video later, free."
            ),
        ),
    ]


def decode_frames() -> io.Input:
    """Whether the frames output is made."""
    return io.Boolean.Input(
        "decode_frames",
        default=True,
        tooltip=(
            "Hand out all frames as pictures: 5 s take 1.7 GB of memory at 720P and 3.7 GB at"
            " 1080P. Off: the frames output is blocked; video, audio and last_frame work as before."
        ),
    )


def hidden() -> list[io.Hidden]:
    """Which node of which workflow runs, so that the page shows its status on the right one."""
    return [io.Hidden.unique_id, io.Hidden.extra_pnginfo]


def outputs() -> list[io.Output]:
    """What all four nodes hand out."""
    return [
        io.Image.Output(
            "frames", display_name="frames", tooltip="All frames, float32 [F, H, W, 3] in 0..1."
        ),
        io.Audio.Output(
            "audio",
            display_name="audio",
            tooltip="The sound, as long as the video; silence where it has none.",
        ),
        io.Float.Output("fps", display_name="fps", tooltip="Frames per second of the video."),
        io.Video.Output(
            "video",
            display_name="video",
            tooltip="The file in output/wan27. Save Video copies it without a loss.",
        ),
        io.Image.Output(
            "last_frame", display_name="last_frame", tooltip="The last frame, to go on from."
        ),
        io.String.Output(
            "task_id",
            display_name="task_id",
            tooltip="The task at the host: Task Poll collects it again, free.",
        ),
    ]
