"""What the person is doing in Blender: whether new objects have to wait, and whether they may be selected."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

# Blender's own jobs that read the scene from threads of their own.
SCENE_JOBS = ("RENDER", "OBJECT_BAKE", "COMPOSITE")
# How Blender names this add-on's operators.
OWN = "MAV3D_OT_"
RENDERING, TOOL, MODE = "Waits until the render ends", "Waits until the tool ends", "Waits for Object Mode"


@dataclass(frozen=True)
class Attention:
    """What the person has before them: the view layer, what is selected and active there, the newest operator that changed
    something, and the add-ons' tools that run."""

    layer: int
    selected: frozenset[int]
    active: int
    operator: tuple[int, int, str]
    tools: frozenset[str]

    def unchanged(self) -> bool:
        """Whether the person has neither selected nor changed anything since."""
        now = attention()
        return all(getattr(now, name) == getattr(self, name) for name in ("layer", "selected", "active", "operator"))


def attention() -> Attention:
    """What the person has before them now."""
    layer, done = bpy.context.view_layer, bpy.context.window_manager.operators
    newest = (len(done), done[-1].as_pointer(), done[-1].bl_idname) if len(done) else (0, 0, "")
    if layer is None:
        return Attention(0, frozenset(), 0, newest, addon_tools())
    active = layer.objects.active
    selected = frozenset(item.session_uid for item in layer.objects.selected if item is not None)
    return Attention(layer.as_pointer(), selected, active.session_uid if active else 0, newest, addon_tools())


def wait_reason(known_tools: frozenset[str] = frozenset()) -> str:
    """Why no object may be added to the scene now, in a few words; empty where one may.

    known_tools: add-ons' own that ran when the object was asked for: some have one for as long as Blender runs.
    """
    if scene_is_read():
        return RENDERING
    if running_tools() - known_tools:
        return TOOL
    layers = [window.view_layer for window in bpy.context.window_manager.windows] or [bpy.context.view_layer]
    items = [item for layer in layers if layer is not None for item in layer.objects]
    # Several objects may be edited at once, the active one not among them. A layer has None for one that was just deleted.
    editing = any(item is not None and item.mode != "OBJECT" for item in items)
    return MODE if editing else ""


def addon_tools() -> frozenset[str]:
    """The running tools of other add-ons. Blender's own are written in C, and are no types of Python's."""
    return frozenset(name for name in running_tools() if hasattr(bpy.types, name) and not name.startswith(OWN))


def scene_is_read() -> bool:
    """Whether a render or a bake goes on."""
    return bpy.context.window_manager.is_interface_locked or any(map(bpy.app.is_job_running, SCENE_JOBS))


def running_tools() -> frozenset[str]:
    """The names of the modal operators that run in any window."""
    windows = bpy.context.window_manager.windows
    return frozenset(tool.bl_idname for window in windows for tool in window.modal_operators)
