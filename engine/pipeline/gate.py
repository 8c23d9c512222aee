"""A gate before hours are spent: a scene that shows at fixed shares of its stages that it can't come right is told of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.config.gate import GATE, GateConfig
from engine.contract.protocol import gate as gate_message
from engine.job.folder import Progress
from engine.stages.looks import Looks

# What to change, by the model that is meant.
STRONGER = "guide the {} model more or take another seed"
WEAKER = "guide the {} model less or take another seed"


class Gate:
    """Judges looks at the shares of `config`, against those that it saw before. moves: whether the clip is meant to move."""

    def __init__(self, moves: bool = True, config: GateConfig = GATE) -> None:
        self.moves, self.config = moves, config
        # Whether the body turns now, which pictures need not show.
        self.turns = False
        # Of the still body, before it moves; None where that was not seen.
        self.still: float | None = None
        self.last: tuple[Progress, list[str]] | None = None

    def recall(self, events: Path) -> None:
        """Takes up what an earlier run of the job saw, by its events.jsonl."""
        if not events.is_file():
            return
        for line in events.read_text("utf-8").splitlines():
            try:
                message = json.loads(line)
            except ValueError:
                # A killed run may leave half a line.
                continue
            if message.get("type") == "gate":
                self._keep(Progress(message["stage"], message["step"]), message["looks"]["opacity"], message["faults"])

    def is_due(self, stage: str, step: int, steps: int) -> bool:
        """Whether looks are judged after `step` of a stage's steps."""
        if steps < self.config.least_steps:
            return False
        return any(step == max(1, round(share * steps)) for share in dict(self.config.shares)[stage])

    def judge(self, stage: str, step: int, steps: int, looks: Looks) -> dict[str, Any]:
        """The message about looks after `step` of a stage's steps, with a sentence for each fault."""
        faults = self._faults(stage, step / steps, looks)
        self._keep(Progress(stage, step), looks.opacity, faults)
        return gate_message(stage, step, looks.as_metrics(), faults)

    def faults_at(self, done: Progress | None) -> list[str]:
        """The faults that the run was stopped for where it is `done` so far."""
        return self.last[1] if self.last is not None and self.last[0] == done else []

    def _keep(self, progress: Progress, opacity: float, faults: list[str]) -> None:
        if progress.stage == "static":
            self.still = opacity
        self.last = progress, faults

    def _faults(self, stage: str, share: float, looks: Looks) -> list[str]:
        config, found = self.config, []
        low, high = config.opacity
        opacity = f"mean opacity {looks.opacity:.3f}"
        if looks.opacity < low:
            found.append(f"nothing is solid ({opacity}, at least {low:g}): name one object plainly, {STRONGER.format('image')}")
        elif looks.opacity > high:
            found.append(f"fog fills the scene ({opacity}, at most {high:g}): {WEAKER.format('image')}")
        elif stage != "static" and self.still and not config.growth[0] <= looks.opacity / self.still <= config.growth[1]:
            found.append(f"what moves does not hold together ({opacity}, {self.still:.3f} at rest): {WEAKER.format('video')}")
        if share < config.settled and (stage == "static" or self.still is None):
            # The object is still forming, in the dynamic stage too where there was no other.
            return found
        if not low <= looks.opacity <= high:
            # There is no object to judge.
            return found
        found += self._of_the_object(looks)
        if self._stands_still(stage, share, looks):
            share = f"from frame to frame {looks.motion:.4f} of the object changes, at least {config.motion:g}"
            found.append(f"nothing moves ({share}): {STRONGER.format('video')}, or make a still object")
        return found

    def _of_the_object(self, looks: Looks) -> list[str]:
        config, found = self.config, []
        if looks.haze > config.haze:
            share = f"{looks.haze:.0%} of it is not solid, at most {config.haze:.0%}"
            found.append(f"the object is a haze ({share}): give the static stage more steps, or take another seed")
        if looks.saturation > config.saturation:
            share = f"in {looks.saturation:.0%} of it, at most {config.saturation:.0%}"
            found.append(f"its colours are as strong as can be ({share}): {WEAKER.format('image')}")
        if looks.contrast < config.contrast:
            share = f"contrast {looks.contrast:.4f}, at least {config.contrast:g}"
            found.append(f"it has one flat colour ({share}): {STRONGER.format('image')}")
        return found

    def _stands_still(self, stage: str, share: float, looks: Looks) -> bool:
        wanted = self.moves and stage == "dynamic" and share >= self.config.moving
        return wanted and not self.turns and looks.motion < self.config.motion


def fault_sentence(stage: str, step: int, faults: list[str]) -> str:
    """One sentence for people about what a gate found."""
    return f"After step {step} of stage {stage} {'; and '.join(faults)}."
