"""Whether a sequence shows what its prompt says: the measures of an asset, and the judgement on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.contract.words import PALETTE
from engine.evaluate.motion import Motion, measure_motion, moves_as
from engine.evaluate.shape import ideal_solids, overlap, voxelise
from engine.evaluate.triangle_soup import TriangleSoup
from engine.reference.palette import nearest_colour

MIN_OVERLAP = 0.7


@dataclass(frozen=True)
class Verdict:
    """shape_overlap: intersection over union with the ideal solid after matching boxes, median over the `frames` there are."""

    colour: str
    shape_overlap: float
    motion: Motion
    frames: int

    def matches(self, colour: str, motion: str) -> dict[str, bool]:
        """Whether colour, shape and motion are what the prompt says."""
        return {
            "colour": self.colour == colour,
            "shape": self.shape_overlap > MIN_OVERLAP,
            "motion": moves_as(motion, self.motion),
        }


def judge_soups(soups: list[TriangleSoup], shape: str, motion: str, colour: str | None = None) -> Verdict:
    """Measures frames that follow one another; `motion` only says how the ideal solid may be turned.

    colour: what another way of looking found, such as a Cycles render; by the area of the middle frame's faces if left out.
    """
    ideals = ideal_solids(shape, motion)
    overlaps = [overlap(voxelise(soup.triangles), ideals) for soup in soups]
    middle = soups[len(soups) // 3]
    seen = colour or nearest_colour(middle.colours, PALETTE, middle.areas)
    return Verdict(seen, float(np.median(overlaps)), measure_motion(soups), len(soups))
