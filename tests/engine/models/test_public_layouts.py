"""Every class of public model, saved by its own pipeline, through the hub and the store to the loader."""

import pytest
import torch

from engine.models.folder.check import check_model
from engine.models.folder.loader import load_components
from engine.models.hub.fetch import fetch
from engine.models.hub.plan import plan_fetch
from tests.engine.guidance.public_models import ALL
from tests.engine.models.small_hub import Repository


@pytest.mark.parametrize("name", ALL)
def test_a_model_of_the_class_comes_back_whole(name, hub, tmp_path):
    torch.manual_seed(0)
    pipeline = ALL[name]()
    pipeline.save_pretrained(tmp_path / "saved")
    hub.repositories[f"someone/{name}"] = Repository.of_folder(tmp_path / "saved")
    folder = fetch(plan_fetch(f"someone/{name}", endpoint=hub.endpoint))
    assert check_model(folder, hashes=True) == []
    wanted = {key: value for key, value in pipeline.components.items() if value is not None}
    for loaded in (load_components(folder), load_components(tmp_path / "saved")):
        assert loaded.keys() == wanted.keys()
        for key, value in loaded.items():
            assert type(value) is type(wanted[key])
            if isinstance(value, torch.nn.Module):
                reference = wanted[key].state_dict()
                assert all(torch.equal(tensor, reference[part]) for part, tensor in value.state_dict().items())
    halved = load_components(folder, torch.bfloat16)
    networks = [value for value in halved.values() if isinstance(value, torch.nn.Module)]
    assert all(any(weight.dtype == torch.bfloat16 for weight in network.parameters()) for network in networks)
