"""The sizes of a scene's field."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FieldConfig:
    """resolutions: texels a side of each level. times: texels in time, and frames of the clip. channels: features a texel.
    hidden: width of the decoder. max_density: per metre. occupancy: cells a side of the occupancy grid.

    trajectory: whether the planes ride on one (TC4D's idea, optimised here); without, they carry all motion, as in MAV3D.
    bones: of the skeleton that bends the body in the dynamic stage (BANMo, CHORD); 0 for none. backbone: "hexplane", or "mlp"
    for comparison.
    """

    resolutions: tuple[int, ...] = (24, 64)
    times: int = 16
    channels: int = 12
    hidden: int = 32
    max_density: float = 40.0
    occupancy: int = 32
    trajectory: bool = True
    bones: int = 0
    backbone: str = "hexplane"
