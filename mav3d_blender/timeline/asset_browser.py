"""Puts a result into the asset browser."""

from __future__ import annotations

import bpy


def mark_as_asset(host: bpy.types.Object) -> None:
    """Marks the object as an asset: its prompt is the description, the prompt's words and the models are tags."""
    host.asset_mark()
    recipe, data = host.mav3d, host.asset_data
    data.description = recipe.prompt
    words = [word for word in recipe.prompt.lower().split() if len(word) > 2]
    for tag in dict.fromkeys(["mav3d", recipe.preset, recipe.quality, *words]):
        if tag and tag not in data.tags:
            data.tags.new(tag, skip_if_exists=True)
    host.asset_generate_preview()
