"""A finished asset becomes an object in the scene, with its recipe, in one undo step."""

from __future__ import annotations

import json
from typing import Any

import bpy

from .timeline import Imported, import_asset
from .timeline.asset import Asset


def place_result(
    scene: bpy.types.Scene, asset: Asset, target: dict[str, Any], request: dict[str, Any] | None = None, job: str = ""
) -> Imported:
    """Puts the asset into `scene` as `target` says (`scene.mav3d.target()`, and "location"), and selects it.

    request: what the engine was asked for, for "Regenerate"; made from the asset where it is not known.
    """
    rate = target.get("rate", "EVERY")
    spacing = (scene.render.fps / scene.render.fps_base) / asset.fps if rate == "KEEP" else 1.0
    imported = import_asset(
        asset, scene, target.get("start_frame", 1), spacing, target.get("repeat", "LOOP"), rate == "SCENE", rate == "SCENE",
        location=target.get("location", (0.0, 0.0, 0.0)),
    )  # fmt: skip
    host = imported.object
    write_recipe(host, asset, request or request_of(asset), job)
    _select(scene, host)
    return imported


def write_recipe(host: bpy.types.Object, asset: Asset, request: dict[str, Any], job: str) -> None:
    """How the asset was made, on its object."""
    about, recipe = asset.about, host.mav3d
    recipe.prompt, recipe.seed = asset.prompt or "(no prompt)", int(about.get("seed", 0))
    for name in ("preset", "quality", "topology", "engine"):
        setattr(recipe, name, str(about.get(name, "")))
    recipe.models = ", ".join(f"{role}: {name}" for role, name in dict(about.get("models", {})).items())
    recipe.job = job or str(about.get("job", ""))
    recipe.request = json.dumps(request)
    track = about.get("metrics", {}).get("track", {}).get("mean", {})
    recipe.distance = float(track.get("distance", 0.0))


def request_of(asset: Asset) -> dict[str, Any]:
    """The request that an asset answers, as far as its own file tells."""
    names = ("prompt", "preset", "quality", "seed", "frames", "fps", "topology")
    return {name: asset.about[name] for name in names if name in asset.about}


def recipe_request(host: bpy.types.Object) -> dict[str, Any]:
    """The request that made an object. Raises ValueError where its recipe is damaged."""
    request = json.loads(host.mav3d.request)
    if not isinstance(request, dict) or "prompt" not in request:
        raise ValueError(f"{host.name} has no recipe that can be read.")
    return request


def _select(scene: bpy.types.Scene, host: bpy.types.Object) -> None:
    """Makes `host` the one selected, active object, where its scene is shown."""
    layer = bpy.context.view_layer
    if layer is None or layer.id_data != scene:
        return
    # It takes up what was linked just now.
    layer.update()
    if host.name not in layer.objects:
        return
    for other in layer.objects.selected:
        other.select_set(False)
    host.select_set(True)
    layer.objects.active = host
