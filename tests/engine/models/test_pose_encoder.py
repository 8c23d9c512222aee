import math

import pytest
import torch

from engine.models.pose_encoder import PLACEMENT_NUMBERS, PoseEncoder, pose_feature_count, pose_features, waves
from engine.models.view_map import body_view
from engine.scene.cameras import Cameras

CAMERAS = Cameras(torch.tensor([0.0, math.pi / 2]), torch.tensor([0.0, math.pi / 6]))


def test_waves_are_one_and_the_first_multiples():
    rows = waves(torch.tensor([0.0, math.pi / 2]), 2)
    assert rows[0].tolist() == pytest.approx([1, 0, 0, 1, 1]) and rows[1].tolist() == pytest.approx([1, 1, 0, 0, -1], abs=1e-6)


def test_features_are_products_of_azimuth_and_elevation():
    features = pose_features(CAMERAS, 1)
    assert features.shape == (2, pose_feature_count(1)) == (2, 15)
    # Azimuth 0: 1, sin 0, cos 0; elevation 0: 1, sin, cos, sin of twice it, cos of twice it.
    level = [1, 0, 1, 0, 1]
    assert features[0].tolist() == pytest.approx([*level, *[0] * 5, *level], abs=1e-6)
    tilted = [1, 0.5, math.sqrt(0.75), math.sqrt(0.75), 0.5]
    assert features[1].tolist() == pytest.approx([*tilted, *tilted, *[0] * 5], abs=1e-6)


def test_a_full_turn_looks_the_same():
    turned = Cameras(CAMERAS.azimuth + 2 * math.pi, CAMERAS.elevation)
    assert torch.allclose(pose_features(turned, 6), pose_features(CAMERAS, 6), atol=1e-5)


def encoder(**options) -> PoseEncoder:
    torch.manual_seed(0)
    return PoseEncoder(width=16, layers=1, heads=2, harmonics=2, **options).eval().requires_grad_(False)


def test_the_pose_is_a_token_before_the_text_and_changes_all_of_it():
    states = torch.randn(2, 5, 16, generator=torch.Generator().manual_seed(1))
    mixed = encoder()(states, body_view(CAMERAS, 4))
    assert mixed.shape == (2, 6, 16)
    turned = encoder()(states, body_view(Cameras(CAMERAS.azimuth + 0.5, CAMERAS.elevation), 4))
    assert bool(((mixed - turned).abs().amax(-1) > 1e-3).all())


def test_a_model_that_moves_is_told_the_placement_as_well():
    moving = encoder(moves=True)
    assert moving.embed[0].in_features == pose_feature_count(2) + PLACEMENT_NUMBERS
    states, still = torch.zeros(2, 3, 16), (torch.zeros(2, 3), torch.eye(3).expand(2, 3, 3), torch.ones(2, 3))
    moved = (torch.tensor([[0.5, 0.0, 0.0]]).expand(2, 3), *still[1:])
    view = body_view(CAMERAS, 4)
    assert not torch.allclose(moving(states, view, still), moving(states, view, moved), atol=1e-3)


def test_it_comes_back_from_its_folder(tmp_path):
    own, states = encoder(fov=0.5), torch.randn(2, 3, 16)
    own.save_pretrained(tmp_path)
    again, view = PoseEncoder.from_pretrained(tmp_path).eval(), body_view(CAMERAS, 4)
    assert again.config.fov == 0.5 and torch.allclose(again(states, view), own(states, view), atol=1e-5)
