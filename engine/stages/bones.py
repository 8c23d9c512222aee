"""The skeleton of a scene, laid out in what is solid once the static stage is over."""

from __future__ import annotations

import math

import torch

from engine.mesh.surface import silhouette_depth
from engine.reference.given.skeleton import given_layout
from engine.scene.skeleton import GRID
from engine.scene.skinning_weights import lay_out_bones
from engine.stages.static import ANY_TIME
from engine.stages.train_state import TrainState

# Metres of density that make a ray half opaque where the body is solid.
SOLID_DEPTH = 0.25
# A bone needs so many solid cells.
CELLS_PER_BONE = 8


@torch.no_grad()
def lay_out_skeleton(state: TrainState) -> int:
    """Puts the bones of the field's skeleton, or as many as fit, into its solid at rest; returns how many. A scene in which
    nothing is solid yet gets none; a given mesh with bones of its own keeps these."""
    axis = torch.linspace(-1, 1, GRID, device=state.device)
    density, _ = state.field.at_rest(torch.cartesian_prod(axis, axis, axis), ANY_TIME[0])
    density = density.view(GRID, GRID, GRID).cpu().numpy()
    solid = density > math.log(2) / silhouette_depth(density, SOLID_DEPTH)
    if state.given is not None and state.given.mesh.bones is not None and solid.any():
        layout = given_layout(state.given, solid, len(state.field.skeleton.centres))
        state.field.skeleton.lay_out(layout)
        return len(layout.centres)
    bones = min(len(state.field.skeleton.centres), int(solid.sum()) // CELLS_PER_BONE)
    if bones:
        state.field.skeleton.lay_out(lay_out_bones(solid, bones))
    return bones
