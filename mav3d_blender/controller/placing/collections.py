"""The collections of results, which go when nothing is in them any more."""

from __future__ import annotations

import bpy

MARK = "mav3d_result"


def mark(collection: bpy.types.Collection) -> None:
    """Notes that the collection is a result's own."""
    collection[MARK] = True


def remove_empty() -> None:
    """Removes the collections of results that were deleted or moved elsewhere. An undo brings a collection back with its
    object."""
    bpy.data.batch_remove(_empty())


def has_empty() -> bool:
    """Whether there is any to be removed."""
    return bool(_empty())


def _empty() -> list[bpy.types.Collection]:
    own = [each for each in bpy.data.collections if MARK in each and each.library is None]
    return [each for each in own if not each.objects and not each.children]
