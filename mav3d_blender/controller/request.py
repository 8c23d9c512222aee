"""Between the panel's settings and requests of the engine."""

from __future__ import annotations

import random
from typing import Any

import bpy

from ..common.contract import request as contract

# Where a result goes; kept with the request in the history.
PLACEMENT = ("start_frame", "repeat", "rate", "at_cursor", "size", "origin", "beside")
# The quality that comes after another, of those that a computer without a graphics card reaches.
BETTER = {"draft": "standard", "standard": "high"}
BUILT_IN = "primitives"
CUSTOM = "custom"
# What the built-in models have no use for.
_PUBLIC_ONLY = {
    "negative_prompt", "image_adapter", *(f"{role}_{name}" for role in contract.ROLES for name in ("model", "guidance_scale")),
}  # fmt: skip


def request_of(settings: bpy.types.PropertyGroup) -> dict[str, Any]:
    """The settings (`scene.mav3d`) as a request. What is empty or 0 there is left out, so that the engine's default holds."""
    values: dict[str, Any] = {"prompt": " ".join(settings.prompt.split())}
    for name, setting in _panel_settings(settings).items():
        value, default = getattr(settings, name), default_of(name)
        if setting.kind == "choice":
            value = value.lower().replace("_", "-")
        if (default is None and not value) or (setting.omit_default and value == default):
            continue
        if name in _PUBLIC_ONLY and settings.preset == BUILT_IN:
            continue
        if setting.kind in ("image", "folder"):
            value = bpy.path.abspath(value)
        elif setting.kind == "number":
            # Blender's single precision makes 23.97599983 of 23.976.
            value = round(value, 4)
        values[name] = value
    return values


def draw_seed(settings: bpy.types.PropertyGroup) -> None:
    """Draws a new seed, and shows it in the settings, where they ask for a random one."""
    if settings.random_seed:
        settings.seed = random_seed()


def random_seed() -> int:
    """A seed that the engine takes."""
    return random.randrange(2**31)


def placement_of(settings: bpy.types.PropertyGroup) -> dict[str, Any]:
    """Where a result goes in time and space, as plain values."""
    return {name: getattr(settings, name) for name in PLACEMENT} | {"size": round(settings.size, 4)}


def apply_request(settings: bpy.types.PropertyGroup, values: dict[str, Any]) -> None:
    """Sets the settings to an earlier request with its placement. Settings that it leaves out become empty; unknown values are
    ignored."""
    left_out = {
        name: default_of(name) or type(getattr(settings, name))()
        for name, setting in _panel_settings(settings).items()
        if default_of(name) is None or setting.omit_default
    }
    set_values(settings, left_out | values)


def set_values(settings: bpy.types.PropertyGroup, values: dict[str, Any]) -> None:
    """Sets those settings that `values`, as in a request, name; unknown names and values are ignored."""
    known = {"prompt": None, **_panel_settings(settings), **dict.fromkeys(PLACEMENT)}
    for name, setting in known.items():
        if name not in values:
            continue
        value = values[name]
        if setting is not None and setting.kind == "choice" and name != "preset" and isinstance(value, str):
            value = value.upper().replace("-", "_")
        try:
            setattr(settings, name, value)
        except (TypeError, ValueError):
            continue


def model_sources(settings: bpy.types.PropertyGroup) -> dict[str, str]:
    """The models that are named in place of the preset's, by role."""
    named = {role: getattr(settings, f"{role}_model").strip() for role in contract.ROLES}
    return {role: source for role, source in named.items() if source}


def preset_roles(settings: bpy.types.PropertyGroup) -> tuple[str, ...]:
    """The roles whose models are the preset's own."""
    return tuple(role for role in contract.ROLES if role not in model_sources(settings))


def default_of(name: str) -> Any:
    """The contract's default of a setting; None where the engine chooses."""
    return contract.Request.__dataclass_fields__[name].default


def _panel_settings(settings: bpy.types.PropertyGroup) -> dict[str, contract.Setting]:
    """The settings of a request that the panel has."""
    return {name: setting for name, setting in contract.SETTINGS.items() if name in settings.bl_rna.properties}
