"""What a process of a cluster does first in the tests: for the built-in models it takes the small ones in the folder that
TINY_MODELS names, and small scenes and meshes. The same as `tests.engine.cli.launching.LAUNCH` for a command line."""

import os
from dataclasses import replace
from pathlib import Path

from engine.config import quality as settings
from engine.models import presets

VARIABLE = "TINY_MODELS"


def use() -> None:
    folder = Path(os.environ[VARIABLE])
    tiny = {role: str(folder / role) for role in ("image", "video", "upscale")}
    presets.PRESETS["primitives"] = replace(presets.PRESETS["primitives"], **tiny)
    for name, quality in list(settings.QUALITIES.items()):
        mesh = settings.MeshConfig(resolution=24, triangles=200, texture=32)
        settings.QUALITIES[name] = replace(quality, mesh=mesh, field=replace(quality.field, resolutions=(8,), times=16))
