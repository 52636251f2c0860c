"""The widgets of a node in a saved workflow, whose `widgets_values` go by position alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

_WIDGET_TYPES = ("INT", "FLOAT", "STRING", "BOOLEAN", "COMBO")
_DYNAMIC = "COMFY_DYNAMICCOMBO_V3"  # a choice that adds widgets of its own right behind it
_SEEDS = ("seed", "noise_seed")
_UPLOADS = ("image_upload", "video_upload", "file_upload")


class WorkflowUnfit(Exception):
    """A workflow does not fit this server; the message names the node and the reason."""


def read_widgets(node: dict[str, Any], info: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a node's widgets by input name.

    `widgets_values` is a list, or an object in some packs.
    """
    values = node.get("widgets_values") or []
    if isinstance(values, dict):
        groups = [info["input"].get(group) or {} for group in ("required", "optional")]
        known = {name for group in groups for name in group}
        return {name: value for name, value in values.items() if name.partition(".")[0] in known}
    widgets = _Widgets(node, values)
    widgets.read(info["input"], info.get("input_order") or {})
    widgets.check()
    return widgets.found


@dataclass
class _Widgets:
    """Assigns the values of one node to its widgets.

    `names` has the widget of each position, "" for one that only the editor needs.
    """

    node: dict[str, Any]
    values: list[Any]
    found: dict[str, Any] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    is_short: bool = False

    def read(self, inputs: dict[str, Any], order: dict[str, Any], prefix: str = "") -> None:
        """Read the widgets of a node or of a dynamic combo's option, in the editor's order."""
        for group in ("required", "optional"):
            specs = inputs.get(group) or {}
            for name in order.get(group) or specs:
                self._read_one(prefix + name, specs[name], required=group == "required")

    def _read_one(self, name: str, spec: list[Any], *, required: bool) -> None:
        options = spec[1] if len(spec) > 1 else {}
        kind = "COMBO" if isinstance(spec[0], list) else options.get("widgetType") or spec[0]
        if kind not in (*_WIDGET_TYPES, _DYNAMIC) or options.get("forceInput"):
            return
        self.names.append(name)
        if len(self.names) > len(self.values):
            # An optional widget that is newer than the workflow keeps its default.
            self.is_short = self.is_short or required
            return
        self.found[name] = self.values[len(self.names) - 1]
        if kind == _DYNAMIC:
            self._read_option(name, options["options"])
        self.names += [""] * _editor_widgets(name, kind, options)

    def _read_option(self, name: str, options: list[dict[str, Any]]) -> None:
        chosen = next((option for option in options if option["key"] == self.found[name]), None)
        if chosen is None:
            keys = ", ".join(option["key"] for option in options)
            raise WorkflowUnfit(f"{self._node}: {name} is {self.found[name]!r}, not one of {keys}.")
        self.read(chosen["inputs"], {}, f"{name}.")

    def check(self) -> None:
        """Raise WorkflowUnfit if there are too few values for the required widgets, or too many."""
        # Widgets that a newer editor adds at the end, such as players, have no value.
        is_long = any(value not in (None, "") for value in self.values[len(self.names) :])
        if self.is_short or is_long:
            names = ", ".join(name or "(editor only)" for name in self.names)
            raise WorkflowUnfit(
                f"{self._node} has {len(self.values)} widget values, but this server's version has"
                f" {len(self.names)} widgets ({names}). Save the workflow again in the editor."
            )

    @property
    def _node(self) -> str:
        return f"Node {self.node['id']} ({self.node['type']})"


def _editor_widgets(name: str, kind: str, options: dict[str, Any]) -> int:
    """Count the widgets that the editor adds behind this one.

    They are a seed's control after generate, a combo's filter and an upload button.
    """
    control = options.get("control_after_generate")
    if control is None:
        control = kind == "INT" and name in _SEEDS
    if kind == "COMBO":
        return 2 * bool(control) + any(options.get(upload) for upload in _UPLOADS)
    return int(bool(control))
