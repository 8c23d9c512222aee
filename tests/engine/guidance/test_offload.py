import pytest
import torch

from engine.guidance.offload import Resident


def test_networks_are_on_their_device_only_while_they_are_used():
    first, second = torch.nn.Linear(2, 2, bias=False), torch.nn.Linear(3, 3, bias=False)
    moved = []
    for network in (first, second):
        network.to = lambda device: moved.append(device.type)
    with Resident([first, second], "meta"):
        assert moved == ["meta", "meta"]
        moved.clear()
    assert moved == ["cpu", "cpu"]


def test_they_come_back_after_an_error_too():
    network, moved = torch.nn.Linear(2, 2), []
    network.to = lambda device: moved.append(device.type)
    with pytest.raises(RuntimeError, match="no longer"), Resident([network], torch.device("meta")):
        raise RuntimeError("no longer")
    assert moved == ["meta", "cpu"]
