"""A .blend of the analytic world itself: what a perfect run would leave."""

from pathlib import Path

import bpy
import numpy as np
import torch

from engine.mesh.asset import TexturedMesh, write_asset
from engine.mesh.surface import Mesh, surface
from engine.models.world.clips import AMBIENT, COLOURS, LIGHT
from engine.models.world.motions import MOTIONS
from engine.models.world.shapes import DARK, DARK_FACTOR, FIXED_TONES, PRIMARY, distance, tone
from engine.scene.frame_times import frame_times
from mav3d_blender.timeline import import_asset
from scripts.stage import add_camera_and_lights

CELLS = 48
TEXTURE = 128


def save_world(folder: Path, colour: str, shape: str, motion: str, frames: int = 16) -> Path:
    """Writes folder/scene.blend with the object as the analytic world has it."""
    placements = zip(*MOTIONS[motion](frame_times(frames)), strict=True)
    meshes = [_frame(colour, shape, *placement) for placement in placements]
    about = {"prompt": f"{colour} {shape} {motion}", "fps": 8.0}
    write_asset(folder / "asset", meshes, np.zeros((frames, 8, 8, 3), np.uint8), about)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    import_asset(folder / "asset", bpy.context.scene, match_frame_range=True)
    add_camera_and_lights(bpy.context.scene)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))
    return folder / "scene.blend"


def _frame(colour: str, shape: str, centre: torch.Tensor, rotation: torch.Tensor, scale: torch.Tensor) -> TexturedMesh:
    """The surface of one frame, one texel a triangle."""
    axis = torch.linspace(-0.72, 0.72, CELLS)
    solid = -distance(shape, torch.cartesian_prod(axis, axis, axis)).view(CELLS, CELLS, CELLS).numpy()
    local = surface(np.log(2) / 0.25 * np.exp(np.clip(20 * solid, -8, 4)), 0.25)
    vertices = torch.from_numpy(local.vertices) * 0.72
    corners = (vertices * scale) @ rotation.T + centre
    corners = corners[torch.from_numpy(local.triangles).long()]
    normal = torch.linalg.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    light = torch.nn.functional.normalize(torch.tensor(LIGHT), dim=0)
    shade = AMBIENT + (1 - AMBIENT) * (torch.nn.functional.normalize(normal, dim=-1) @ light).clamp(min=0)
    tones = tone(shape, vertices[torch.from_numpy(local.triangles).long()].mean(1))
    palette = torch.zeros(max(FIXED_TONES) + 1, 3)
    palette[PRIMARY] = torch.tensor(COLOURS[colour])
    palette[DARK] = palette[PRIMARY] * DARK_FACTOR
    for index, value in FIXED_TONES.items():
        palette[index] = torch.tensor(value)
    count = len(local.triangles)
    texels = np.zeros((TEXTURE * TEXTURE, 3), np.uint8)
    texels[:count] = (palette[tones] * shade[:, None] * 255).numpy()
    row, column = np.divmod(np.arange(count), TEXTURE)
    uv = np.stack([(column + 0.5) / TEXTURE, 1 - (row + 0.5) / TEXTURE], -1).astype(np.float32)
    mesh = Mesh((vertices * scale @ rotation.T + centre).numpy(), local.triangles)
    return TexturedMesh(mesh, np.repeat(uv[:, None], 3, 1), texels.reshape(TEXTURE, TEXTURE, 3))
