"""In which pose a body is made: at rest, or as it is at one moment of its clip.

A limb that is held far from where it hangs at rest, as an arm that waves is, can't be led there by pictures: where it is and
where it should be have nothing in common. A body made with that limb up has only the waving left to learn.
"""

from __future__ import annotations

from torch import Tensor

# A moment's pose has to leave at most this share of what is left to do from rest. Of the built-in bodies, those that greet with
# an arm, a paw or a tentacle come to .12 to .16, and what walks, flies or crawls to .25 and more.
ENOUGH = 0.2


def nearest_moment(joints: Tensor, at_rest: Tensor) -> int | None:
    """The frame whose joints are nearest to those of all frames, if they are much nearer than a body at rest; else None.

    joints [frames, joints, 3] and at_rest [joints, 3], metres; near is by the squared distance, summed over joints.
    """
    between = (joints[:, None] - joints).square().sum((-1, -2)).mean(1)
    from_rest = (joints - at_rest).square().sum((-1, -2)).mean()
    best = int(between.argmin())
    return best if between[best] < ENOUGH * from_rest else None
