"""The pool of pictures: whole files, right words, mirrored pictures that are the mirrored body's."""

import math

import pytest
import torch

from engine.models.joint_map import project
from engine.models.world import scene, tracing
from engine.models.world.skeleton import JOINTS
from engine.models.world.words.lexicon import HELD_OUT_PAIRS, LIMB_MOTIONS, held_out
from engine.scene.cameras import Cameras
from scripts.training import shards
from scripts.training.draws import Situation, draw_held_out, draw_situation, draw_words


@pytest.fixture(scope="module")
def pool(tmp_path_factory) -> shards.Pool:
    folder = tmp_path_factory.mktemp("pool")
    situations = [Situation("dog", "running", 0.2), Situation("ball", "resting", 0.0, "long")]
    shards.write_shard(folder / "shard_00000.safetensors", situations, 4, 3)
    return shards.Pool(folder)


def test_a_shard_holds_what_was_asked_and_nothing_half_written_is_left(pool):
    (shard,) = pool.shards.values()
    assert len(shard) == 8 and shard.number == 3
    assert shard.shown[0] == ["dog", "running", ""] and shard.shown[7] == ["ball", "resting", "long"]
    assert not list(pool.folder.glob("*.part"))
    body = scene.moments("dog", "running", torch.tensor([0.2]))
    view = Cameras(shard.poses[1:2, 0], shard.poses[1:2, 1], fov=shards.FOV)
    again = tracing.render_moment(body, 0, view, shards.SIZE)[0].float()
    assert (again - shard.coefficients[1].float()).abs().mean() < 0.2
    assert torch.equal(shard.joints[1], body.joints[0][0])


def test_batches_say_what_they_show_and_never_what_is_held_out(pool):
    batch = pool.draw(40, torch.Generator().manual_seed(0))
    assert batch.images.shape == (40, 3, 64, 64) and batch.body.shape == (40, 1, 64, 64)
    assert not any(held_out(words) for words in batch.words)
    for image, body, background, words in zip(batch.images, batch.body, batch.backgrounds, batch.words, strict=True):
        assert words.object == "dog" or words.size == "long"
        assert torch.allclose(image[:, 0, 0], background, atol=1e-5) and body[0, 0, 0] == 0
        if words.object == "ball" and words.second == "dark":
            # All of it is the first colour in some shade.
            shades = image[:, body[0] == 1].T / torch.tensor(words.colours[0])
            assert (shades - shades.mean(1, keepdim=True)).abs().max() < 0.06


def test_held_out_colours_can_be_asked_for(pool):
    (shard,) = pool.shards.values()
    chosen = [(shard, index) for index in range(8)]
    batch = shards.batch_of(chosen, torch.Generator().manual_seed(0), kept=False, mirrors=False)
    assert all(held_out(words) for words in batch.words)
    again = shards.batch_of(chosen, torch.Generator().manual_seed(0), kept=False, mirrors=False)
    assert torch.equal(batch.images, again.images)


@pytest.mark.parametrize(("name", "limb"), [("dog", "running"), ("crab", "waving"), ("bird", "flying"), ("robot", "walking")])
def test_a_mirrored_picture_is_the_mirrored_body_from_the_opposite_side(name, limb):
    """The mirrored joints are seen where the flipped picture has them."""
    joints, used = scene.joints(name, limb, torch.tensor([0.15]))
    here = Cameras(torch.tensor([0.8]), torch.tensor([0.3]), fov=shards.FOV)
    there = Cameras(torch.tensor([-0.8]), torch.tensor([0.3]), fov=shards.FOV)
    mirrored, has = shards.mirror_joints(joints, used[None])
    column, row, near = project(joints, here)
    column_m, row_m, near_m = project(mirrored, there)
    assert torch.equal(has[0], used)
    order = torch.tensor(shards.MIRRORED_JOINTS)
    seen = used.clone()
    assert torch.allclose(column_m[0, seen], -column[0, order][seen], atol=1e-5)
    assert torch.allclose(row_m[0, seen], row[0, order][seen], atol=1e-5)
    assert torch.allclose(near_m[0, seen], near[0, order][seen], atol=1e-5)


@pytest.mark.parametrize("name", sorted({"dog", "cat", "crab", "butterfly", "dragon", "car"} - shards.ASYMMETRIC))
def test_bodies_that_are_mirrored_are_symmetric_at_rest(name):
    axis = torch.linspace(-0.7, 0.7, 24)
    points = torch.cartesian_prod(axis, axis, axis)
    there = scene.distance(name, "resting", 0.0, points * torch.tensor([-1.0, 1.0, 1.0]))
    # Smooth unions depend a little on their order.
    assert torch.allclose(scene.distance(name, "resting", 0.0, points), there, atol=1e-2)


def test_mirroring_twice_changes_nothing():
    joints, used = torch.randn(len(JOINTS), 3), torch.rand(len(JOINTS)) < 0.5
    again = shards.mirror_joints(*shards.mirror_joints(joints, used))
    assert torch.equal(again[0], joints) and torch.equal(again[1], used)


def test_a_pool_takes_in_new_shards_and_replaced_ones(tmp_path):
    shards.write_shard(tmp_path / "shard_00000.safetensors", [Situation("ball", "resting", 0.0)], 2, 0)
    pool = shards.Pool(tmp_path)
    shards.write_shard(tmp_path / "shard_00000.safetensors", [Situation("cube", "resting", 0.0)], 2, 5)
    old = next(iter(pool.shards.values()))
    assert old.coefficients[0].shape == (tracing.COEFFICIENTS, 64, 64)
    pool.refresh()
    assert [shard.number for shard in pool.shards.values()] == [5]


def test_draws_for_training_never_show_held_out_pairs():
    generator = torch.Generator().manual_seed(0)
    drawn = [draw_situation(generator) for _ in range(400)]
    assert not any((one.object, one.limb) in HELD_OUT_PAIRS for one in drawn)
    assert all(one.object in LIMB_MOTIONS[one.limb] for one in drawn) and len({one.object for one in drawn}) == 28
    assert all((one.object, one.limb) in HELD_OUT_PAIRS for one in (draw_held_out(generator) for _ in range(40)))
    with pytest.raises(ValueError, match="no kept colours for cat walking"):
        draw_words("cat", "walking", "", generator)


def test_the_field_of_view_holds_the_bodies():
    assert 3.2 * math.tan(shards.FOV / 2) == pytest.approx(0.768, abs=1e-3)


def test_renderers_share_the_numbers_go_on_from_the_newest_and_stop_with_their_parent(tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "draw_situation", lambda generator: Situation("ball", "resting", 0.0))
    monkeypatch.setattr(shards, "POSES", 1)
    monkeypatch.setattr(shards, "CAMERAS", 1)

    def fill_two(which: int, places: int = 100) -> None:
        alive = iter([7, 7, 1])
        monkeypatch.setattr(shards.os, "getppid", lambda: next(alive))
        shards.fill(tmp_path, places * shards.SHARD_BYTES, 7, which, 2)

    def numbers() -> list[int]:
        return sorted(shards.Shard(path).number for path in tmp_path.glob("*.safetensors"))

    fill_two(0)
    assert numbers() == [0, 2]
    fill_two(1)
    # The newest was 2, so the second begins with the next odd number after that pair.
    assert numbers() == [0, 2, 5, 7]
    # With room for eight, the ninth and the eleventh take the places of the first and the third.
    fill_two(0, places=8)
    assert numbers() == [5, 7, 8, 10]
