"""Which widgets a node has in the editor, and what a saved workflow says they hold: `widgets_values` goes by position alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

_WIDGET_TYPES = ("INT", "FLOAT", "STRING", "BOOLEAN", "COMBO")
_DYNAMIC = (
    "COMFY_DYNAMICCOMBO_V3"  # a choice that brings widgets of its own, which come right behind it
)
_SEEDS = ("seed", "noise_seed")
_UPLOADS = ("image_upload", "video_upload", "file_upload")


class WorkflowUnfit(Exception):
    """A workflow cannot be run on this server; the message says which node and why."""


def read_widgets(node: dict[str, Any], info: dict[str, Any]) -> dict[str, Any]:
    """Return the value of each widget of a node by input name, from its `widgets_values` (a list, or an object in some packs)."""
    values = node.get("widgets_values") or []
    if isinstance(values, dict):
        known = {
            name for group in ("required", "optional") for name in info["input"].get(group) or {}
        }
        return {name: value for name, value in values.items() if name.partition(".")[0] in known}
    widgets = _Widgets(node, values)
    widgets.read(info["input"], info.get("input_order") or {})
    widgets.check()
    return widgets.found


@dataclass
class _Widgets:
    """Goes along the widgets of one node and hands each its value."""

    node: dict[str, Any]
    values: list[Any]
    found: dict[str, Any] = field(default_factory=dict)
    places: list[str] = field(
        default_factory=list
    )  # what each place is for: a widget, or "" for what only the editor needs
    is_short: bool = False

    def read(self, inputs: dict[str, Any], order: dict[str, Any], prefix: str = "") -> None:
        """Read the widgets of a node, or of the chosen option of a dynamic combo, in the editor's order."""
        for group in ("required", "optional"):
            specs = inputs.get(group) or {}
            for name in order.get(group) or specs:
                self._read_one(prefix + name, specs[name], required=group == "required")

    def _read_one(self, name: str, spec: list[Any], *, required: bool) -> None:
        options = spec[1] if len(spec) > 1 else {}
        kind = "COMBO" if isinstance(spec[0], list) else options.get("widgetType") or spec[0]
        if kind not in (*_WIDGET_TYPES, _DYNAMIC) or options.get("forceInput"):
            return
        self.places.append(name)
        if len(self.places) > len(self.values):
            # A later version of the node may have gained an optional widget, which then keeps its default.
            self.is_short = self.is_short or required
            return
        self.found[name] = self.values[len(self.places) - 1]
        if kind == _DYNAMIC:
            self._read_option(name, options["options"])
        self.places += [""] * _editor_widgets(name, kind, options)

    def _read_option(self, name: str, options: list[dict[str, Any]]) -> None:
        chosen = next((option for option in options if option["key"] == self.found[name]), None)
        if chosen is None:
            keys = ", ".join(option["key"] for option in options)
            raise WorkflowUnfit(
                f"Node {self.node['id']} ({self.node['type']}): {name} is {self.found[name]!r}, but can be: {keys}."
            )
        self.read(chosen["inputs"], {}, f"{name}.")

    def check(self) -> None:
        """Raise where there are fewer values than required widgets, or more values than widgets."""
        # What a newer editor adds behind the known widgets, such as players, holds nothing.
        too_many = any(value not in (None, "") for value in self.values[len(self.places) :])
        if self.is_short or too_many:
            names = ", ".join(place or "(editor only)" for place in self.places)
            raise WorkflowUnfit(
                f"Node {self.node['id']} ({self.node['type']}) has {len(self.values)} widget values, but this server's version has "
                f"{len(self.places)} widgets ({names}). Save the workflow again in the editor."
            )


def _editor_widgets(name: str, kind: str, options: dict[str, Any]) -> int:
    """Count the widgets that the editor puts behind this one: what happens to it after a run, a filter, an upload button."""
    control = options.get("control_after_generate")
    if control is None:
        control = kind == "INT" and name in _SEEDS
    if kind == "COMBO":
        return 2 * bool(control) + any(options.get(upload) for upload in _UPLOADS)
    return int(bool(control))
