"""A given mesh as the body of a scene: on a grid, density from what is inside, colour from the nearest of its surface."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from engine.contract.vocabulary import Vocabulary
from engine.mesh.surface import Mesh
from engine.mesh.transfer import GREY, nearest_on
from engine.models.world.body import FIXED_TONES, PRIMARY, SECONDARY
from engine.models.world.placements import SCALES
from engine.models.world.scene import tones
from engine.models.world.words.lexicon import Words
from engine.reference.given.conditioning import GivenMesh
from engine.reference.given.solid import BAND, signed_depth
from engine.scene.frozen.baked import RESOLUTION, BakedBody

# Cells over which the surface fades out.
SOFTNESS = 0.2


def bake_mesh(
    given: GivenMesh, prompt: str, vocabulary: Vocabulary | None, max_density: float, device: torch.device | str = "cpu"
) -> BakedBody:
    """The mesh of `given` where it stands. prompt: in the models' own words. max_density: per metre, of what is inside.

    To models that know an object by its colours it is shown in these: they would take any other for a fault of the pose. Those
    that take any text see the mesh's own, grey where it has none.
    """
    mesh = given.mesh
    vertices = given.fit.to_scene(mesh.vertices)
    depth = signed_depth(vertices, mesh.triangles, RESOLUTION)
    places = np.argwhere(depth > -BAND)
    points = 2 * places / (RESOLUTION - 1) - 1
    known = _words(prompt) if vocabulary is not None else None
    if known is not None:
        colours = _known_colours(points, known)
    elif mesh.paint is not None:
        colours = mesh.paint.at(*nearest_on(Mesh(np.float32(vertices), mesh.triangles), points))
    else:
        colours = np.full((len(points), 3), GREY)
    grid = np.full((4, *depth.shape), GREY, np.float32)
    grid[0] = max_density / (1 + np.exp(-depth / SOFTNESS))
    grid[0][depth <= -BAND] = 0
    grid[1:, places[:, 0], places[:, 1], places[:, 2]] = colours.T
    return BakedBody.of_grid(torch.from_numpy(grid).to(device))


def _words(prompt: str) -> Words | None:
    """The prompt of models of bodies; None where it is another's."""
    try:
        return Words.parse(prompt)
    except ValueError:
        return None


def _known_colours(points: np.ndarray, words: Words) -> np.ndarray:
    """The colours that the object has at points of the scene [N, 3], [N, 3] in [0, 1]."""
    size = "" if words.size == "medium" else words.size
    at: Tensor = torch.from_numpy(np.float32(points)) / SCALES.get(size, SCALES[""])
    first, second = words.colours
    table = np.zeros((max(FIXED_TONES) + 1, 3))
    table[PRIMARY], table[SECONDARY] = first, second
    for tone, colour in FIXED_TONES.items():
        table[tone] = colour
    return table[tones(words.object, "resting", 0.0, at, size).numpy()]
