"""The recipe on a result (`object.mav3d`): how it was made."""

from __future__ import annotations

import json
from typing import Any

import bpy
from mathutils import Matrix

from ...timeline.asset_folder.asset import Asset


def write_recipe(
    host: bpy.types.Object, asset: Asset, request: dict[str, Any], job_id: str, spacing: float = 1.0, own_armature: bool = False
) -> None:
    """Writes how the asset was made onto its object. spacing: frames of the scene from one of the clip to the next.
    own_armature: it moves by one that it had before."""
    about, recipe = asset.about, host.mav3d
    recipe.prompt, recipe.seed = asset.prompt or "(no prompt)", int(about.get("seed", 0))
    for name in ("preset", "quality", "topology", "engine"):
        setattr(recipe, name, str(about.get(name, "")))
    recipe.models = ", ".join(f"{role}: {name}" for role, name in dict(about.get("models", {})).items())
    recipe.job = job_id or str(about.get("job", ""))
    recipe.request = json.dumps(request)
    recipe.spacing, recipe.own_armature = spacing, own_armature
    recipe.speed, recipe.reverse, recipe.closed = 1.0, False, False
    metrics = about.get("metrics", {})
    track, rig = metrics.get("track", {}).get("mean", {}), metrics.get("rig", {})
    recipe.distance = float(track.get("distance", rig.get("mean", 0.0)))


def write_place(host: bpy.types.Object, target: dict[str, Any], basis: Matrix) -> None:
    """Writes where a result was placed, as `target` says, and the transform that what carries it had there when it began."""
    # What is made of it later is no draft to choose from.
    host.mav3d.target = json.dumps({name: value for name, value in target.items() if name != "sheet"})
    host.mav3d.placed = [value for row in basis for value in row]


def read_place(host: bpy.types.Object) -> Matrix:
    """The transform that what carries a result had when it was placed; none at all where that is not known."""
    placed = Matrix([host.mav3d.placed[row : row + 4] for row in range(0, 16, 4)])
    return placed if placed.determinant() else Matrix()


def read_pivot(host: bpy.types.Object) -> Matrix:
    """Where an object of the person's own stood when it was animated, as a shift."""
    return Matrix.Translation(json.loads(host.mav3d.target or "{}").get("location", (0.0, 0.0, 0.0)))


def read_recipe(host: bpy.types.Object) -> dict[str, Any]:
    """The request that made an object. Raises ValueError where its recipe is damaged."""
    request = json.loads(host.mav3d.request)
    if not isinstance(request, dict) or "prompt" not in request:
        raise ValueError(f"{host.name} has no recipe that can be read.")
    return request


def request_of_asset(asset: Asset) -> dict[str, Any]:
    """The request that made an asset, as far as asset.json says."""
    names = ("prompt", "preset", "quality", "seed", "frames", "fps", "topology")
    return {name: asset.about[name] for name in names if name in asset.about}
