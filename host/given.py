"""What a prompt gives to a node: its names and values, checked before anything is sent.

A prompt that was written by hand or by a program may leave out every input with a default. ComfyUI
drops the names that a node does not have and converts values of the wrong type: null to "None",
"false" to True, 5.9 to 5. Both would buy another video than was meant.
"""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..wan27.errors import InvalidInput
from .status.events import prompt_server

_CONVERTED = "wan27_converted"  # in a node of a prompt: the values that ComfyUI is about to convert
_SIMILAR = 0.8  # of `difflib`: promt, negativePrompt, first_frames; not first_image, noise_seed
_PART = 5  # letters of a name that is whole words of another: negative, audio_url; not fps


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _whole(value: Any) -> int:
    number = float(value)
    if isinstance(value, bool) or not number.is_integer():
        raise TypeError
    return int(value)


def _number(value: Any) -> float:
    number = float(value)
    if isinstance(value, bool) or not math.isfinite(number):
        raise TypeError
    return number


def _switch(value: Any) -> bool:
    if isinstance(value, str) or value not in (0, 1):
        raise TypeError
    return bool(value)


# By ComfyUI's name of the type: how a value becomes one of it, and what to give instead.
_TYPES: dict[str, tuple[Callable[[Any], Any], str]] = {
    "STRING": (_text, "text"),
    "COMBO": (_text, "one of its options"),
    "INT": (_whole, "a whole number"),
    "FLOAT": (_number, "a number"),
    "BOOLEAN": (_switch, "true or false"),
}


@dataclass(frozen=True)
class Given:
    """The inputs of one run of a node.

    `linked` are those that ComfyUI hands over, `prompt` is the node in the prompt with all its
    inputs, {} where it is unknown.
    """

    schema: Any
    linked: Mapping[str, Any]
    prompt: Mapping[str, Any]

    def values(self) -> dict[str, Any]:
        """Return a value for each input of the node; None for an open socket.

        Raises `InvalidInput` for a value of the wrong type, a missing one without a default, and a
        name that no input has where something is connected to it or an input is called similarly.
        """
        self._refuse_unknown()
        bent = self.prompt.get(_CONVERTED, {})
        for each in self.schema.inputs:
            if each.id in bent:
                raise _wrong(each, bent[each.id])
        return {each.id: self._value(each) for each in self.schema.inputs}

    def notices(self) -> tuple[str, ...]:
        """Return a short sentence on the names that no input of the node has, if there are any."""
        unknown = [name for name in self._unknown() if not self._similar(name)]
        if not unknown:
            return ()
        return (f"{', '.join(unknown)}: not an input of this node, ignored",)

    def _value(self, each: Any) -> Any:
        value = self.linked.get(each.id)
        if each.get_io_type() in _TYPES:
            return converted(each, value) if each.id in self.linked else each.default
        if value is None and not each.optional:
            raise InvalidInput(each.id, "is missing. Connect it, then Run again.")
        return value

    def _unknown(self) -> list[str]:
        known = {each.id for each in self.schema.inputs}
        names = [*self.prompt.get("inputs", {}), *self.linked]
        return [name for name in dict.fromkeys(names) if name not in known]

    def _refuse_unknown(self) -> None:
        for name in self._unknown():
            if similar := self._similar(name):
                raise InvalidInput(name, f"is not an input of this node. Did you mean {similar}?")
            if name in self.linked:  # ComfyUI hands over links alone; what they bring is meant
                known = ", ".join(each.id for each in self.schema.inputs)
                raise InvalidInput(
                    name, f"is connected and is not an input of this node. Its inputs are {known}."
                )

    def _similar(self, name: str) -> str | None:
        known = {_plain(each.id): each.id for each in self.schema.inputs}
        similar = difflib.get_close_matches(_plain(name), known, 1, _SIMILAR)
        if not similar and len(name) >= _PART:
            words = f"_{name.lower().strip('_')}_"
            similar = [each for each, full in known.items() if words in f"_{full}_"]
        return " or ".join(known[each] for each in similar) or None


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


def given_to(node: Any, linked: Mapping[str, Any]) -> Given:
    """Return what a run of a node got; `node` is its class, as ComfyUI calls `execute` on it."""
    prompt, run_id = node.hidden.dynprompt, node.hidden.unique_id
    return Given(node.define_schema(), linked, prompt.get_node(run_id) if prompt else {})


def converted(each: Any, value: Any) -> Any:
    """Return a value in the type of an input. Raises `InvalidInput`."""
    convert, _ = _TYPES[each.get_io_type()]
    try:
        return convert(value)
    except (TypeError, ValueError, OverflowError, RuntimeError):  # the last one is a tensor's
        raise _wrong(each, value) from None


def _wrong(each: Any, value: Any) -> InvalidInput:
    _, kind = _TYPES[each.get_io_type()]
    try:
        shown = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        shown = type(value).__name__
    otherwise = ", or leave it out for its default" if each.optional else ""
    return InvalidInput(each.id, f"is {shown[:80]}. Give {kind}{otherwise}.")


def keep_wrong_values(schemas: Mapping[str, Any]) -> None:
    """Let each prompt keep the values of our nodes that ComfyUI would convert to another meaning.

    `schemas` are those of our nodes, by their ids. ComfyUI has converted a prompt before a node
    sees it.
    """

    def keep(request: dict[str, Any]) -> dict[str, Any]:
        prompt = request.get("prompt")
        for node in prompt.values() if isinstance(prompt, dict) else ():
            schema = schemas.get(str(node.get("class_type"))) if isinstance(node, dict) else None
            inputs = node.get("inputs") if schema else None
            if isinstance(inputs, dict) and (wrong := _wrong_constants(schema, inputs)):
                node[_CONVERTED] = wrong
        return request

    server = prompt_server()
    if server is not None:
        server.add_on_prompt_handler(keep)


def _wrong_constants(schema: Any, inputs: Mapping[str, Any]) -> dict[str, Any]:
    wrong = {}
    for each in schema.inputs:
        value = inputs.get(each.id, [])
        if isinstance(value, dict):  # how the page sends a list that is no link
            value = value.get("__value__", value)
        if each.get_io_type() not in _TYPES or isinstance(value, list):
            continue
        try:
            converted(each, value)
        except InvalidInput:
            wrong[each.id] = value
    return wrong
