import numpy as np

from engine.mesh.rig.names import bone_names

# Body, neck, head, two legs of two bones each side, hips, tail.
BONES = {
    "body": (None, (0, -0.2, 0)),
    "hips": ("body", (0, 0.4, 0)),
    "neck": ("body", (0, -0.6, 0.3)),
    "head": ("neck", (0, -0.9, 0.4)),
    "tail": ("hips", (0, 0.9, 0.2)),
}  # fmt: skip
for side, sign in (("L", 1), ("R", -1)):
    BONES[f"front {side}"] = ("body", (0.2 * sign, -0.3, -0.3))
    BONES[f"front foot {side}"] = (f"front {side}", (0.2 * sign, -0.3, -0.6))
    BONES[f"rear {side}"] = ("hips", (0.2 * sign, 0.5, -0.3))


def named(bones: dict, size: float = 2.5) -> dict[str, str]:
    """The names by bone; each bone lies around its place, along Y."""
    order = sorted(bones, key=lambda name: depth(bones, name))
    parents = np.array([-1 if bones[name][0] is None else order.index(bones[name][0]) for name in order])
    places = np.array([bones[name][1] for name in order], float)
    return dict(zip(order, bone_names(parents, places + [0, 0.1, 0], places - [0, 0.1, 0], places, size), strict=True))


def depth(bones: dict, name: str) -> int:
    return 0 if bones[name][0] is None else 1 + depth(bones, bones[name][0])


def test_a_dog_has_spine_head_tail_and_limbs_on_both_sides():
    assert named(BONES) == {
        "body": "root", "neck": "spine", "head": "head", "hips": "hips", "tail": "tail",
        "front L": "front_limb.L.1", "front R": "front_limb.R.1",
        "front foot L": "front_limb.L.2", "front foot R": "front_limb.R.2",
        "rear L": "rear_limb.L.1", "rear R": "rear_limb.R.1",
    }  # fmt: skip


def test_left_is_plus_x_wherever_the_body_is():
    moved = {name: (parent, (x + 5, y, z)) for name, (parent, (x, y, z)) in BONES.items()}
    assert named(moved)["front L"] == "front_limb.L.1"


def test_arms_are_above_legs():
    bones = {"hips": (None, (0, 0, 0)), "chest": ("hips", (0, 0, 0.4)), "head": ("chest", (0, 0, 0.8))}
    for side, sign in (("L", 1), ("R", -1)):
        bones |= {f"arm {side}": ("chest", (0.4 * sign, 0, 0.4)), f"leg {side}": ("hips", (0.2 * sign, 0, -0.5))}
    found = named(bones)
    assert (found["arm L"], found["leg R"], found["chest"]) == ("upper_limb.L.1", "lower_limb.R.1", "spine")


def test_what_is_not_alike_on_both_sides_has_numbers():
    bones = {"body": (None, (0, 0, 0)), "arm": ("body", (0.5, 0, 0)), "hand": ("arm", (1, 0, 0))}
    assert list(named(bones).values()) == ["root", "bone.001", "bone.002"]


def test_a_finger_that_one_side_lacks_is_still_of_its_limb():
    found = named(BONES | {"claw": ("front foot L", (0.2, -0.4, -0.7))})
    assert found["claw"] == "front_limb.L.3" and len(set(found.values())) == len(found)
