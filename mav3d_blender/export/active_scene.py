"""Another scene as the context's own for a while: exporters and importers work on that one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import bpy


@contextmanager
def active_scene(scene: bpy.types.Scene) -> Iterator[None]:
    """Makes `scene` the context's scene. The window shows it in earnest, since some exporters set the window's scene."""
    window = bpy.context.window
    if window is None:
        with bpy.context.temp_override(scene=scene, view_layer=scene.view_layers[0]):
            yield
        return
    before, layer = window.scene, window.view_layer
    window.scene = scene
    try:
        yield
    finally:
        window.scene = before
        window.view_layer = layer
