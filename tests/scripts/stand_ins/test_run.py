"""A run that is killed goes on bit for bit, and lends its average."""

import pytest
import torch
from torch import nn

from scripts.stand_ins import run as module
from scripts.stand_ins.run import Run, schedule


def make(folder, seed: int = 0) -> tuple[Run, nn.Module]:
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
    return Run(folder, nn.ModuleDict({"network": network}), 1e-2, seed), network


def loss_of(network: nn.Module):
    def loss(generator: torch.Generator) -> torch.Tensor:
        points = torch.randn(16, 3, generator=generator)
        return (network(points) - points.sum(1, keepdim=True)).square().mean()

    return loss


def test_a_killed_run_goes_on_as_if_nothing_had_been(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SAVE_EVERY", 3)
    whole, network = make(tmp_path / "whole")
    whole.train(loss_of(network), 8)
    part, network = make(tmp_path / "part")
    with pytest.raises(KeyboardInterrupt):
        part.train(_killed(loss_of(network), 5), 8)
    again, network = make(tmp_path / "part", seed=5)
    assert again.step == 3
    again.train(loss_of(network), 8)
    for name, value in whole.networks.state_dict().items():
        assert torch.equal(value, again.networks.state_dict()[name])
    assert all(torch.equal(value, again.average[name]) for name, value in whole.average.items())
    assert not list((tmp_path / "part").glob("*.part"))


def _killed(loss, after: int):
    calls = []

    def killed(generator: torch.Generator) -> torch.Tensor:
        calls.append(1)
        if len(calls) > after:
            raise KeyboardInterrupt
        return loss(generator)

    return killed


def test_a_turn_ends_before_the_end_and_changes_nothing(tmp_path):
    whole, network = make(tmp_path / "whole")
    whole.train(loss_of(network), 6)
    turns, network = make(tmp_path / "turns")
    turns.train(loss_of(network), 6, until=2)
    assert turns.step == 2
    turns.train(loss_of(network), 6)
    assert all(torch.equal(value, turns.average[name]) for name, value in whole.average.items())


def test_the_average_is_lent_and_given_back_or_left(tmp_path):
    run, network = make(tmp_path)
    mine = network[0].weight.detach().clone()
    run.average = {name: value + 1 for name, value in run.average.items()}
    with run.averaged():
        assert torch.equal(network[0].weight, mine + 1) and not network.training
    assert torch.equal(network[0].weight, mine) and network.training
    run.settle()
    assert torch.equal(network[0].weight, mine + 1) and not network.training


def test_the_rate_warms_up_stays_and_decays():
    assert schedule(0, 10_000) == pytest.approx(1 / module.WARM_UP)
    assert schedule(4_000, 10_000) == 1
    # Halfway through the decay over the last two fifths.
    assert schedule(8_000, 10_000) == pytest.approx(0.5)
    assert schedule(9_999, 10_000) == module.FINAL_RATE
