from dataclasses import replace

import pytest
import torch

from engine.config.stage import LearningRates
from engine.scene.mlp_field import MlpField
from engine.stages.train_state import TrainState
from tests.engine.stages.knowing import FIELD

RATES = LearningRates(space=0.1, time=0.0, decoder=0.2, trajectory=0.3, skeleton=0.4)


def free(state: TrainState) -> dict[str, set[bool]]:
    return {group["name"]: {each.requires_grad for each in group["params"]} for group in state.optimiser.param_groups}


def test_a_seed_makes_the_same_scene_and_another_seed_another():
    one, same, other = (TrainState.new(FIELD, seed).field.state_dict() for seed in (3, 3, 4))
    assert all(torch.equal(value, same[name]) for name, value in one.items())
    assert not torch.equal(one["first"], other["first"])


def test_what_is_drawn_for_the_field_is_drawn_from_the_scene_s_generator():
    state, generator = TrainState.new(FIELD, 3), torch.Generator().manual_seed(3)
    assert torch.equal(state.field.space[0], 0.1 * torch.randn(3, 12, 12, 6, generator=generator))
    state.generator.manual_seed(5)
    seeds = [state.random_seed() for _ in range(3)]
    assert seeds == [int(torch.randint(2**31, (1,), generator=generator.manual_seed(5))), *seeds[1:]]
    assert len(set(seeds)) == 3 and all(0 <= seed < 2**31 for seed in seeds)


def test_a_scene_begins_as_a_blob_in_the_middle_at_all_times():
    state = TrainState.new(FIELD, 0)
    points = torch.tensor([[0.0, 0.0, 0.0], [0.9, 0.9, 0.9], [-0.9, 0.0, 0.0]])
    assert state.occupancy.lookup(points, 3).tolist() == [[True, False, False]] * 3
    assert not any(planes.any() for planes in state.field.time)


def test_the_backbone_is_the_config_s():
    assert isinstance(TrainState.new(replace(FIELD, backbone="mlp"), 0).field, MlpField)
    assert not isinstance(TrainState.new(FIELD, 0).field, MlpField)


def test_rates_go_to_their_groups_times_the_decay():
    state = TrainState.new(FIELD, 0)
    state.set_rates(RATES, 0.5)
    rates = {group["name"]: group["lr"] for group in state.optimiser.param_groups}
    assert rates == pytest.approx({"space": 0.05, "time": 0.0, "decoder": 0.1, "trajectory": 0.15, "skeleton": 0.2})


def test_what_has_no_rate_gets_no_gradient():
    state = TrainState.new(FIELD, 0)
    state.free(RATES)
    assert free(state) == {"space": {True}, "time": {False}, "decoder": {True}, "trajectory": {True}, "skeleton": set()}
    state.free(RATES, rigid_only=True)
    assert free(state) == {"space": {False}, "time": {False}, "decoder": {False}, "trajectory": {True}, "skeleton": set()}
    state.free(replace(RATES, trajectory=0.0), rigid_only=True)
    assert set.union(*free(state).values()) == {False}


def test_without_a_trajectory_its_group_is_empty():
    state = TrainState.new(replace(FIELD, trajectory=False), 0)
    assert free(state)["trajectory"] == set()
