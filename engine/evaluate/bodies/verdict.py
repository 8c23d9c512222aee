"""Whether a sequence shows the body that its prompt says: the measures, and the judgement on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.evaluate.bodies.alignment import align, overlaps
from engine.evaluate.bodies.colour_by_part import colours_right, part_colours
from engine.evaluate.bodies.limb_motion import LimbMotion, limb_motion
from engine.evaluate.bodies.true_body import true_body
from engine.evaluate.bodies.whole_motion import WholeMotion, whole_motion
from engine.evaluate.triangle_soup import TriangleSoup
from engine.models.world.words.lexicon import RESTING, Words

# Least overlap with the true solid, median over frames; and that of bodies whose limbs are thin.
MIN_OVERLAP, MIN_THIN_OVERLAP = 0.7, 0.6
THIN = frozenset(
    "dog cat horse elephant bird butterfly snake crab octopus person robot dragon tree flower flag windmill".split()
)
# Least phase and amplitude of the limbs' motion.
MIN_PHASE, MIN_AMPLITUDE = 0.5, 0.3
# Largest error of path and size as a share of the motion, and share of frames turned otherwise.
MAX_ERROR, MAX_TURNED = 0.6, 0.4


@dataclass(frozen=True)
class BodyVerdict:
    """overlap: intersection over union with the true solid, posed, median over frames. limbs: None of a body that rests."""

    colour: bool
    overlap: float
    limbs: LimbMotion | None
    whole: WholeMotion
    words: Words

    @property
    def shape(self) -> bool:
        return self.overlap > (MIN_THIN_OVERLAP if self.words.object in THIN else MIN_OVERLAP)

    @property
    def motion(self) -> bool:
        limbs = self.limbs is None or (self.limbs.phase > MIN_PHASE and self.limbs.amplitude > MIN_AMPLITUDE)
        return limbs and max(self.whole.path, self.whole.size) < MAX_ERROR and self.whole.turned < MAX_TURNED

    @property
    def right(self) -> bool:
        return self.colour and self.shape and self.motion


def judge_body(soups: list[TriangleSoup], words: Words) -> BodyVerdict:
    """Measures the frames of one clip against what `words` say."""
    true = true_body(words, len(soups))
    aligned = align(soups, true)
    frame = len(soups) // 3
    found = part_colours(aligned.triangles[frame], soups[frame].colours, true, frame)
    limbs = None if words.limb == RESTING else limb_motion(aligned.solids, true.solids)
    overlap = float(np.median(overlaps(aligned.solids, true.solids)))
    return BodyVerdict(colours_right(found, true), overlap, limbs, whole_motion(soups, aligned, true), words)
