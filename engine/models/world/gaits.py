"""Limb motions: how a body's bones turn over a cycle, written once for all bodies by the slots that their limbs take.

A gait is a function from a body and phases [moments] in radians (2 pi a cycle) to a pose. A cycle is canonical: it starts with
the left hind leg at its middle and going back. All loop, for they are made of sines and cosines of the phase.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from engine.models.world.body import Body
from engine.models.world.movements import (
    X,
    Y,
    Z,
    beat,
    flutter,
    has,
    lift,
    radial_limbs,
    step,
    swing_arm,
    undulate,
    wag_tail,
)
from engine.models.world.skeleton import SIDES, Pose

HALF = math.pi
Gait = Callable[[Body, Tensor], Pose]


def resting(body: Body, phase: Tensor) -> Pose:
    return Pose(len(phase))


def walking(body: Body, phase: Tensor) -> Pose:
    """Diagonal pairs together; arms against legs."""
    pose = Pose(len(phase))
    for slot in ("fore", "hind", "mid"):
        kind = body.limbs.get(slot)
        for side, sign in SIDES.items():
            # The left hind leg leads; the fore limb on its side is half a cycle behind.
            late = phase + (0 if (slot == "hind") == (sign > 0) else HALF)
            if kind in ("leg", "foot"):
                step(pose, f"{slot}_{side}", late, 0.5, 0.75)
            elif kind == "arm":
                swing_arm(pose, f"{slot}_{side}", late, 0.45, 0.35)
    two = body.limbs.get("fore") != "leg"
    pose.move(Z, 0.018 * (2 * phase).cos())
    if two:
        pose.turn("hips", Y, 0.06 * phase.cos())
        pose.turn("chest", Z, 0.14 * phase.sin())
        pose.turn("head", Z, -0.14 * phase.sin())
    else:
        pose.turn("neck", X, 0.06 * (2 * phase).sin())
    wag_tail(pose, phase, 0.18)
    return pose


def running(body: Body, phase: Tensor) -> Pose:
    """A gallop on four legs, hind and fore pairs in turn, the back bending; a run on two."""
    pose = Pose(len(phase))
    if body.limbs.get("fore") == "leg":
        for slot, late in (("hind", 0.0), ("fore", HALF), ("mid", HALF)):
            for side, sign in SIDES.items():
                if body.limbs.get(slot) == "leg":
                    step(pose, f"{slot}_{side}", phase + late + 0.28 * sign, 0.85, 1.15)
        pose.turn("waist", X, 0.16 * phase.sin())
        pose.turn("chest", X, 0.12 * phase.sin())
        pose.turn("neck", X, -0.2 * phase.sin())
        pose.turn("hips", X, -0.12 * phase.sin())
        pose.turn("tail_1", X, -0.25 + 0.3 * (phase - 0.6).sin())
        pose.turn("tail_2", X, 0.25 * (phase - 1.2).sin())
        pose.move(Z, 0.045 * (phase + 0.5).cos())
        return pose
    for side, sign in SIDES.items():
        late = phase + (0 if sign > 0 else HALF)
        step(pose, f"hind_{side}", late, 0.85, 1.35)
        if body.limbs.get("mid") == "leg":
            step(pose, f"mid_{side}", late + HALF, 0.8, 1.0)
        if body.limbs.get("fore") == "arm":
            swing_arm(pose, f"fore_{side}", late + HALF, 0.8, 1.2)
    pose.turn("hips", X, torch.full_like(phase, 0.14))
    pose.turn("chest", Z, 0.25 * phase.sin())
    pose.turn("head", Z, -0.25 * phase.sin())
    pose.move(Z, 0.045 * (2 * phase).cos())
    wag_tail(pose, phase, 0.25)
    return pose


def flying(body: Body, phase: Tensor) -> Pose:
    """Wings beat, outer part behind inner; legs trail; the body rises as they go down."""
    pose = Pose(len(phase))
    for side in SIDES:
        beat(pose, body, f"fore_{side}", phase, 0.75, 0.5)
        if body.limbs.get("hind") == "wing":
            beat(pose, body, f"hind_{side}", phase - 0.35, 0.65, 0.3)
        elif "hind" in body.limbs:
            pose.turn(f"hind_{side}_1", X, 0.75 + 0.1 * phase.cos())
            pose.turn(f"hind_{side}_2", X, 0.35 + 0.1 * phase.cos())
        if body.limbs.get("mid") == "leg":
            pose.turn(f"mid_{side}_1", X, 0.6 + 0.1 * phase.cos())
            pose.turn(f"mid_{side}_2", X, 0.5 + 0 * phase)
    pose.move(Z, 0.04 * (phase + 0.6).sin().neg())
    for index, bone in enumerate(("tail_1", "tail_2", "tail_3")):
        pose.turn(bone, X, 0.13 * (phase - 0.7 * (index + 1)).sin())
    pose.turn("neck", X, 0.06 * phase.cos())
    return pose


def swimming(body: Body, phase: Tensor) -> Pose:
    """A wave from head to tail; arms open and close together; legs kick; a duck paddles."""
    pose = Pose(len(phase))
    kinds = body.limbs
    if kinds.get("fore") == "tentacle":
        for limb in radial_limbs(body):
            lift(pose, body, limb, 0.25 + 0.5 * phase.sin(), 0.55 * (phase - 0.7).sin(), 0.5 * (phase - 1.4).sin())
        pose.move(Z, 0.06 * (phase + 0.8).cos())
        return pose
    if kinds.get("hind") == "foot":
        for side, sign in SIDES.items():
            step(pose, f"hind_{side}", phase + (0 if sign > 0 else HALF), 0.75, 0.5)
        pose.turn("hips", Y, 0.05 * phase.sin())
        pose.move(Z, 0.02 * (2 * phase).cos())
        wag_tail(pose, 2 * phase, 0.25)
        return pose
    if kinds.get("hind") == "leg":
        frog = not has(body, "neck")
        for side, sign in SIDES.items():
            if frog:
                kick = 0.5 - 0.5 * phase.cos()
                pose.turn(f"hind_{side}_1", Z, sign * 1.05 * kick)
                pose.turn(f"hind_{side}_2", Z, -sign * 0.9 * kick)
                pose.turn(f"fore_{side}_1", Z, -sign * 0.7 * (phase - 0.9).cos())
            else:
                late = phase + (0 if sign > 0 else HALF)
                step(pose, f"hind_{side}", late, 0.6, 0.9)
                step(pose, f"fore_{side}", late + HALF, 0.75, 1.1)
        pose.move(Z, 0.025 * (2 * phase).cos())
        wag_tail(pose, phase, 0.3)
        return pose
    if kinds:
        undulate(pose, body, phase, lambda y: 0.12 + 0.75 * max(0.0, y + 0.25) ** 1.2, 4.0)
    else:
        undulate(pose, body, phase, lambda y: 0.42 + 0.25 * (y + 0.6), 6.0)
    pose.move(X, 0.02 * phase.cos())
    for side, sign in SIDES.items():
        pose.turn(f"fore_{side}_1", Y, -sign * (0.2 + 0.35 * phase.sin()))
    return pose


def crawling(body: Body, phase: Tensor) -> Pose:
    """A snake winds; a crab's legs go in turn; arms feel their way; four legs go low and slowly."""
    pose = Pose(len(phase))
    if not body.limbs:
        undulate(pose, body, phase, lambda y: 0.75, 8.5)
        return pose
    many = "tentacle" in body.limbs.values() or "claw" in body.limbs.values()
    if many:
        for order, limb in enumerate(radial_limbs(body)):
            if body.limbs[limb.split("_")[0]] == "claw":
                lift(pose, body, limb, 0.12 * (phase + 0.4).sin(), 0.15 * phase.cos(), 0 * phase)
                continue
            late = phase + HALF * order + 0.8 * (order // 2)
            up = 0.32 * late.sin().clamp(min=0) if body.limbs["fore"] == "claw" else 0.3 * late.sin()
            lift(pose, body, limb, up, 0.3 * (late - 0.6).sin(), 0.2 * (late - 1.2).sin())
            pose.turn(f"{limb}_1", Z, 0.24 * late.cos())
        pose.move(Z, 0.012 * (2 * phase).cos())
        pose.move(X, 0.02 * phase.sin())
        return pose
    for slot in ("fore", "hind", "mid"):
        for side, sign in SIDES.items():
            if body.limbs.get(slot) in ("leg", "arm"):
                late = phase + (0 if (slot == "hind") == (sign > 0) else HALF)
                step(pose, f"{slot}_{side}", late, 0.32, 0.5)
                pose.turn(f"{slot}_{side}_1", Y, -sign * torch.full_like(phase, 0.3))
    pose.turn("waist", Z, 0.12 * phase.sin())
    pose.turn("chest", Z, 0.12 * phase.sin())
    pose.turn("head", Z, -0.22 * phase.sin())
    pose.move(Z, -0.05 + 0.01 * (2 * phase).cos())
    wag_tail(pose, phase - 1.0, 0.25)
    return pose


def waving(body: Body, phase: Tensor) -> Pose:
    """The left fore limb greets; a crab lifts both claws, a flag waves."""
    pose = Pose(len(phase))
    kind = body.limbs.get("fore")
    if kind is None:
        flutter(pose, phase)
        return pose
    if kind == "claw":
        for side, sign in SIDES.items():
            lift(pose, body, f"fore_{side}", 0.5 + 0.25 * (phase + (sign < 0) * HALF).sin(), 0 * phase, 0.25 * phase.cos())
        return pose
    if kind == "wing":
        lift(pose, body, "fore_left", 0.55 + 0.15 * phase.sin(), 0.4 + 0.45 * phase.sin(), 0 * phase)
        pose.turn("head", Y, 0.08 * phase.sin())
        return pose
    if kind == "leg":
        # Sits up a little and lifts a paw.
        pose.turn("hips", X, torch.full_like(phase, -0.12))
        pose.turn("fore_left_1", X, -1.5 + 0.12 * phase.sin())
        pose.turn("fore_left_2", X, -0.35 + 0.45 * phase.sin())
        pose.turn("head", Y, 0.1 * phase.sin())
        wag_tail(pose, 2 * phase, 0.35)
        return pose
    if kind == "tentacle":
        for limb in ("fore_left", "fore_right"):
            lift(pose, body, limb, 1.0 + 0.15 * phase.sin(), 0.45 + 0.35 * phase.sin(), 0.45 + 0.3 * (phase - 0.5).sin())
        return pose
    raised = 2.3 if has(body, "hind_left_1") else 0.55
    lift(pose, body, "fore_left", raised + 0.12 * phase.sin(), 0.1 + 0.55 * phase.sin(), 0.25 * phase.sin())
    pose.turn("chest", Y, 0.04 * phase.sin())
    pose.turn("head", Y, 0.1 * phase.sin())
    return pose


def dancing(body: Body, phase: Tensor) -> Pose:
    """Hips to one side and head to the other, bobbing twice a cycle, limbs lifted in turn."""
    pose = Pose(len(phase))
    pose.move(X, 0.06 * phase.sin())
    pose.move(Z, 0.04 * (2 * phase).cos())
    pose.turn("hips", Y, -0.16 * phase.sin())
    pose.turn("waist", Y, 0.14 * phase.sin())
    pose.turn("chest", Y, 0.16 * phase.sin())
    pose.turn("head", Y, 0.22 * phase.sin())
    pose.turn("hips", Z, 0.2 * phase.cos())
    for side, sign in SIDES.items():
        turn = (phase + (0 if sign > 0 else HALF)).sin()
        kind = body.limbs.get("fore")
        if kind in ("arm", "wing", "claw"):
            lift(pose, body, f"fore_{side}", (1.2 if kind == "arm" else 0.45) * (0.5 + 0.5 * turn), 0.5 * turn, 0 * phase)
        elif kind == "leg":
            pose.turn(f"fore_{side}_1", X, -0.55 * turn.clamp(min=0))
            pose.turn(f"fore_{side}_2", X, 0.9 * turn.clamp(min=0))
        if body.limbs.get("hind") in ("leg", "foot") and kind != "leg":
            pose.turn(f"hind_{side}_1", X, -0.5 * turn.clamp(max=0).neg())
            pose.turn(f"hind_{side}_2", X, 0.8 * turn.clamp(max=0).neg())
        pose.turn(f"hind_{side}_1", Y, 0.16 * phase.sin())
    if "tentacle" in body.limbs.values():
        for order, limb in enumerate(radial_limbs(body)):
            late = phase + HALF * order
            lift(pose, body, limb, 0.3 + 0.35 * late.sin(), 0.35 * (late - 0.7).sin(), 0.4 * (late - 1.4).sin())
    wag_tail(pose, 2 * phase, 0.3)
    return pose


def nodding(body: Body, phase: Tensor) -> Pose:
    """Yes: the head goes down and up."""
    pose = Pose(len(phase))
    down = 0.5 - 0.5 * phase.cos()
    # The face is in front of the head: a turn about +X takes it down.
    for bone, size in (("chest", 0.06), ("neck", 0.3), ("head", 0.5)):
        pose.turn(bone, X, (size + (0.15 if bone == "head" and not has(body, "neck") else 0.0)) * (down - 0.25))
    return pose


def wagging(body: Body, phase: Tensor) -> Pose:
    """The tail swings twice a cycle, the hips against it."""
    pose = Pose(len(phase))
    wag_tail(pose, 2 * phase, 0.6)
    pose.turn("waist", Z, -0.07 * (2 * phase).sin())
    pose.turn("head", Y, 0.07 * phase.sin())
    return pose


def swaying(body: Body, phase: Tensor) -> Pose:
    """Leans from side to side from the ground up, as in the wind; branches, arms and tails follow late."""
    pose = Pose(len(phase))
    for index, bone in enumerate(("hips", "waist", "chest", "neck", "head")):
        pose.turn(bone, Y, 0.13 * (phase - 0.35 * index).sin())
    for slot, kind in body.limbs.items():
        for side, sign in SIDES.items():
            if kind in ("branch", "arm", "tentacle"):
                late = phase + sign * 0.8
                lift(pose, body, f"{slot}_{side}", 0.14 * (late - 1.0).sin(), 0.12 * (phase - 1.4).sin(), 0 * phase)
    for index, bone in enumerate(("tail_1", "tail_2", "tail_3")):
        pose.turn(bone, Y, 0.1 * (phase - 1.0 - 0.4 * index).sin())
    return pose


def opening(body: Body, phase: Tensor) -> Pose:
    """Closed at the start, open in the middle: petals or wings."""
    pose = Pose(len(phase))
    closed = 0.5 + 0.5 * phase.cos()
    for slot, kind in body.limbs.items():
        for side in SIDES:
            limb = f"{slot}_{side}"
            if kind == "petal":
                lift(pose, body, limb, 1.15 * closed - 0.1, 0.5 * closed, 0 * phase)
            elif kind == "wing":
                lift(pose, body, limb, 1.2 * closed - 0.05, 0.15 * closed, 0 * phase)
    return pose


def turning(body: Body, phase: Tensor) -> Pose:
    """Wheels roll as for going ahead; a windmill's sails go round, clockwise seen from the front; one turn a cycle."""
    pose = Pose(len(phase))
    if "sail" in body.limbs.values():
        pose.turn("head", Y, phase)
    for slot, kind in body.limbs.items():
        if kind == "wheel":
            for side in SIDES:
                pose.turn(f"{slot}_{side}_1", X, phase)
    return pose


GAITS: dict[str, Gait] = {
    gait.__name__: gait
    for gait in (
        resting, walking, running, flying, swimming, crawling, waving, dancing, nodding, wagging, swaying, opening, turning,
    )
}  # fmt: skip
