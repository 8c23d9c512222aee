"""Pictures of a finished scene as its mesh will show it, for people and judges to look at."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from engine.scene.field import Field
from engine.scene.frozen.baked import BakedBody, bake_body
from engine.scene.frozen.posed import POSED_CHUNK, PosedBody
from engine.scene.mlp_field import MlpField
from engine.scene.occupancy import Occupancy
from engine.scene.render import View, render

# Cells a side. Finer than an optimisation's grid: less empty space is rendered, for one update a frame.
RESOLUTION = 48
# Places at once.
POINTS = 2**18


@dataclass(frozen=True)
class Viewer:
    """field: what is looked at; it must not change meanwhile. body: it at rest, where bones alone move it.
    resolution: cells a side of the occupancy of any other scene.

    A body that only bones move is posed first, as its mesh is: where a sample is asked for the place it comes from, as `render`
    does, a place beside a bent limb can find its way back into it, which shows as specks that no mesh has.
    """

    field: Field | MlpField
    body: BakedBody | None
    resolution: int = RESOLUTION

    @classmethod
    def of(cls, field: Field | MlpField, resolution: int = RESOLUTION) -> Viewer:
        body = (field.baked or bake_body(field)) if is_moved_by_bones(field) else None
        return cls(field, body, resolution)

    @torch.no_grad()
    def render(self, view: View, occupancy: Occupancy | None = None) -> tuple[Tensor, Tensor]:
        """Images and opacity, like `engine.scene.render.render`. occupancy: of the view's times, where it is known already."""
        if self.body is not None:
            posed = PosedBody(self.field, self.body, view.times)
            return render(posed, posed.occupancy, replace(view, chunk_samples=POSED_CHUNK))
        if occupancy is None:
            occupancy = Occupancy(self.resolution)
            occupancy.update(self.field, view.times)
        return render(self.field, occupancy, view)

    @torch.no_grad()
    def density(self, points: Tensor, time: float) -> Tensor:
        """Density per metre [N] at places [N, 3] and a time in [0, 1]."""
        moment = points.new_tensor([time])
        scene = self.field if self.body is None else PosedBody(self.field, self.body, moment)
        density = points.new_zeros(len(points))
        # Beyond its own cells a posed body has nothing to say.
        within = slice(None) if self.body is None else scene.occupancy.lookup(points, 1)[0]
        asked = points[within]
        frames = torch.zeros(len(asked), dtype=torch.long, device=points.device)
        parts = zip(asked.split(POINTS), frames.split(POINTS), strict=True)
        density[within] = torch.cat([scene.packed(own, frame, moment)[0] for own, frame in parts])
        return density


def is_moved_by_bones(field: Field | MlpField) -> bool:
    """Whether a skeleton bends the body and nothing else does: the time planes are as they began."""
    if field.skeleton is None or not field.skeleton.is_laid_out:
        return False
    return not any(bool(planes.any()) for planes in field.time)
