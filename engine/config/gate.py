"""When a run is stopped because what it makes can no longer come right: limits of what its pictures show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GateConfig:
    """Limits, for measures of `engine.stages.looks`.

    opacity: least and largest mean opacity; haze, saturation: largest; contrast: least; motion: least of a clip that is to
    move. growth: least and largest mean opacity while the scene moves, over that at rest; what leaves the frame for a while
    shrinks.

    shares: of each stage after which it is measured. least_steps: of a stage that is judged at all; fewer try something out.
    settled: share of the stage that forms the object from which everything is judged, and not opacity alone: a scene begins as
    one grey haze. moving: share of the dynamic stage from which it has to move.
    """

    opacity: tuple[float, float] = (0.005, 0.6)
    haze: float = 0.75
    saturation: float = 0.9
    contrast: float = 0.004
    motion: float = 0.003
    growth: tuple[float, float] = (0.25, 1.5)
    shares: tuple[tuple[str, tuple[float, ...]], ...] = (
        ("static", (0.5, 1.0)),
        ("dynamic", (0.05, 0.5, 1.0)),
        ("super_resolution", (1.0,)),
    )
    least_steps: int = 30
    settled: float = 1.0
    moving: float = 0.5


GATE = GateConfig()
