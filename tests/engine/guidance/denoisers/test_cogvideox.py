from types import SimpleNamespace

import pytest
import torch

from engine.contract.errors import ModelError
from engine.guidance.denoisers.cogvideox import CogVideoX
from engine.guidance.text.encoders import TextStates
from tests.engine.guidance import public_models


@pytest.fixture(scope="module", params=[False, True], ids=["2b", "5b"])
def denoiser(request) -> CogVideoX:
    """5B has rotary embeddings, 2B has none."""
    return CogVideoX(public_models.cogvideox(rotary=request.param).components)


def test_clips_have_the_shorter_side_of_training_and_groups_of_four(denoiser):
    # Eight latents high, which halve three times.
    assert denoiser.size == 64 and denoiser.is_video and denoiser.schedule.prediction == "v_prediction"
    assert denoiser.model_frames(torch.rand(1, 6, 3, 8, 8)).shape == (1, 9, 3, 64, 64)


def test_longer_texts_are_cut_to_what_the_transformer_holds(denoiser, monkeypatch):
    noisy = torch.randn(1, 3, 4, 8, 8)
    config, given = denoiser.network.config, {}

    def network(clip, states, timesteps, image_rotary_emb):
        given.update(states=states, rotary=image_rotary_emb)
        return SimpleNamespace(sample=clip * 2)

    network.config = config
    monkeypatch.setattr(denoiser, "network", network)
    text = TextStates(torch.arange(20.0).view(1, 20, 1))
    assert torch.equal(denoiser(noisy, torch.zeros(1), text, {}), noisy * 2)
    assert given["states"].flatten().tolist() == list(range(config.max_text_seq_length))
    if not config.use_rotary_positional_embeddings:
        assert given["rotary"] is None
        return
    # A row for each of three frames' four by four patches.
    cosine, sine = given["rotary"]
    assert cosine.shape == sine.shape == (3 * 4 * 4, config.attention_head_dim)
    assert torch.allclose(cosine.square() + sine.square(), torch.tensor(1.0), atol=1e-5)


@pytest.mark.parametrize(
    ("changes", "said"), [({"patch_size_t": 2}, "CogVideoX 1.5"), ({"in_channels": 8}, "wants a picture beside the text")]
)
def test_its_relatives_are_refused(denoiser, changes, said):
    components = public_models.cogvideox().components
    config = SimpleNamespace(in_channels=4, patch_size_t=None, sample_height=8, sample_width=12, patch_size=2)
    vars(config).update(changes)
    config.get = vars(config).get
    with pytest.raises(ModelError, match=said):
        CogVideoX(components | {"transformer": SimpleNamespace(config=config)})
