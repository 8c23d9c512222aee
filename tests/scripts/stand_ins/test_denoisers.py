"""Stand-ins of every class on tiny networks: they learn, go on where they were killed, and load as public models do."""

import pytest
import torch
from diffusers import AutoencoderKL, AutoencoderKLWan, UNet2DConditionModel, WanTransformer3DModel

from engine.config.stage import AS_PUBLISHED
from engine.guidance.load import GuidanceConfig, check_models, load_guidance
from engine.guidance.sds import append_dims
from engine.models.mvdream.config import MultiViewConfig
from engine.models.mvdream.unet import MultiViewUNet
from engine.models.presets import PRESETS
from engine.scene.cameras import Cameras, ring_cameras
from scripts.stand_ins import denoisers, networks
from scripts.stand_ins.autoencoders import Crops, autoencoder_loss, latent_space, measure, round_trip, unlimited
from scripts.stand_ins.denoisers import BATCHES, CLASSES, StandIn
from scripts.stand_ins.latents import Batch, draw_batch, encode_all
from scripts.stand_ins.networks import LATENTS, ROLES, SIZE, TEXT_WIDTH, autoencoder_of
from scripts.stand_ins.pictures import fill
from scripts.stand_ins.train import Plan, train
from scripts.stand_ins.words import RECIPES


def image_autoencoder() -> AutoencoderKL:
    return AutoencoderKL(
        block_out_channels=(8, 8, 8), latent_channels=4, norm_num_groups=4, layers_per_block=1, sample_size=SIZE,
        down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3, mid_block_add_attention=False,
    )  # fmt: skip


def video_autoencoder() -> AutoencoderKLWan:
    return AutoencoderKLWan(
        base_dim=4, z_dim=8, dim_mult=[1, 1, 1], num_res_blocks=1, temperal_downsample=[True, True], latents_mean=[0.0] * 8,
        latents_std=[1.0] * 8,
    )  # fmt: skip


def image_denoiser() -> UNet2DConditionModel:
    return UNet2DConditionModel(
        sample_size=LATENTS, in_channels=4, out_channels=4, block_out_channels=(16, 32), layers_per_block=1,
        cross_attention_dim=TEXT_WIDTH, attention_head_dim=8, norm_num_groups=8,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
    )  # fmt: skip


def multi_view_denoiser() -> MultiViewUNet:
    return MultiViewUNet(
        MultiViewConfig(
            image_size=LATENTS, model_channels=32, num_res_blocks=1, attention_resolutions=(2,), channel_mult=(1, 1),
            num_head_channels=16, context_dim=TEXT_WIDTH,
        )
    )  # fmt: skip


def video_denoiser() -> WanTransformer3DModel:
    network = WanTransformer3DModel(
        patch_size=(1, 2, 2), num_attention_heads=2, attention_head_dim=16, in_channels=8, out_channels=8, text_dim=TEXT_WIDTH,
        freq_dim=32, ffn_dim=32, num_layers=1, cross_attn_norm=True, qk_norm="rms_norm_across_heads", rope_max_seq_len=64,
    )  # fmt: skip
    network.register_to_config(sample_size=LATENTS)
    return network


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    monkeypatch.setattr(networks, "AUTOENCODERS", {"image": image_autoencoder, "video": video_autoencoder})
    makers = {"image": image_denoiser, "multi_view": multi_view_denoiser, "video": video_denoiser}
    monkeypatch.setattr(networks, "DENOISERS", makers)
    monkeypatch.setattr(denoisers, "BATCHES", dict.fromkeys(BATCHES, 2))
    monkeypatch.setattr(denoisers, "JUDGED", denoisers.JUDGED[:1])
    monkeypatch.setattr(denoisers, "SAMPLE_STEPS", 2)


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shards")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scripts.stand_ins.pictures.CAMERAS", 4)
        patch.setattr("scripts.stand_ins.pictures.PAIRS", (("ball", "still"), ("ball", "bouncing")))
        fill(folder / "clips", "clips", 2)
        fill(folder / "rings", "rings", 2)
    return folder


@pytest.fixture(scope="module")
def latents(shards):
    """By role, of an untrained autoencoder."""
    found = {}
    for role, make in (("image", image_autoencoder), ("multi_view", image_autoencoder), ("video", video_autoencoder)):
        torch.manual_seed(0)
        vae = make().eval().requires_grad_(False)
        measure(autoencoder_of(role), vae, Crops(shards / "clips"))
        kind = "rings" if role == "multi_view" else "clips"
        found[role] = vae, encode_all(role, vae, shards / kind, shards / "latents" / role)
    return found


@pytest.mark.parametrize("role", ROLES)
def test_latents_are_as_the_engine_makes_them(latents, shards, role):
    _, made = latents[role]
    shape = {"image": (4, 16, 16), "multi_view": (4, 4, 16, 16), "video": (5, 8, 16, 16)}[role]
    assert made.values.shape[1:] == shape and len(made) == len(made.colours) == len(made.azimuth)
    batch = draw_batch(role, made, 3, torch.Generator().manual_seed(0))
    rows = 12 if role == "multi_view" else 3
    assert len(batch.clean) == len(batch.texts) == len(batch.cameras) == rows
    if role == "multi_view":
        assert len(set(batch.texts[:4])) == 1, "a ring has one caption"
    # They are read again, not made again.
    again = encode_all(role, None, shards / ("rings" if role == "multi_view" else "clips"), shards / "latents" / role)
    assert torch.equal(again.values, made.values) and again.colours == made.colours


@pytest.mark.parametrize("role", ROLES)
def test_training_lowers_the_error_on_a_batch(latents, tmp_path, monkeypatch, role):
    monkeypatch.setattr("scripts.stand_ins.run.WARM_UP", 5)
    vae, made = latents[role]
    stand_in = StandIn(role, tmp_path / "run", tmp_path / "model", vae)
    batch = draw_batch(role, made, 2, torch.Generator().manual_seed(3))

    def loss(generator: torch.Generator) -> torch.Tensor:
        # Always the same noise.
        return stand_in.loss(batch, torch.Generator().manual_seed(4))

    with torch.no_grad():
        before = float(loss(stand_in.run.generator))
    stand_in.run.train(loss, 40)
    with torch.no_grad():
        assert float(loss(stand_in.run.generator)) < 0.9 * before
    for name, network in stand_in.run.networks.items():
        assert any(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in network.parameters()), name


@pytest.mark.parametrize("role", ROLES)
def test_a_perfect_denoiser_has_no_error_and_samples_what_it_knows(latents, tmp_path, role):
    vae, made = latents[role]
    stand_in = StandIn(role, tmp_path / "run", tmp_path / "model", vae)
    schedule, batch = stand_in.denoiser.schedule, draw_batch(role, made, 1, torch.Generator().manual_seed(0))

    def velocity(noisy: torch.Tensor, index: torch.Tensor, told: Batch) -> torch.Tensor:
        alpha, sigma = (append_dims(value[index], noisy) for value in (schedule.alpha, schedule.sigma))
        noise = (noisy - alpha * batch.clean) / sigma
        return noise - batch.clean if role == "video" else alpha * noise - sigma * batch.clean

    stand_in.predict = velocity
    assert float(stand_in.loss(batch, torch.Generator().manual_seed(1))) == pytest.approx(0, abs=1e-6)
    # The last level keeps a little noise and nearly all of the picture.
    sampled = stand_in.sample(batch, torch.Generator().manual_seed(2), steps=5)
    assert (sampled - batch.clean).abs().mean() < 0.05


@pytest.mark.parametrize("role", ROLES)
def test_a_killed_training_goes_on_as_if_nothing_had_been(latents, tmp_path, role):
    vae, made = latents[role]
    whole = StandIn(role, tmp_path / "whole", tmp_path / "model", vae)
    whole.train(made, 3)
    StandIn(role, tmp_path / "part", tmp_path / "model", vae).train(made, 3, until=2)
    again = StandIn(role, tmp_path / "part", tmp_path / "model", vae)
    assert again.run.step == 2
    again.train(made, 3)
    assert all(torch.equal(value, again.run.average[name]) for name, value in whole.run.average.items())
    assert (tmp_path / "part" / "sheet_000003.png").stat().st_size > 1000


@pytest.mark.parametrize("role", ROLES)
def test_a_model_folder_loads_as_a_public_model(latents, tmp_path, role):
    vae, made = latents[role]
    stand_in = StandIn(role, tmp_path / "run", tmp_path / "model", vae)
    stand_in.train(made, 1)
    engine_role = "video" if role == "video" else "image"
    preset = PRESETS["custom"]
    models = type(preset)(**{**vars(preset), engine_role: str(tmp_path / "model")})
    check_models(models, [engine_role])
    loaded = load_guidance(engine_role, GuidanceConfig("a red ball bouncing", models), AS_PUBLISHED)
    assert isinstance(loaded.guidance.denoiser, CLASSES[role]) and loaded.guidance.denoiser.size == SIZE
    frames, cameras = 16 if role == "video" else 1, 4 if role == "multi_view" else 1
    generator = torch.Generator().manual_seed(0)
    view = ring_cameras(4, 4, generator, (0.2, 0.3)) if cameras == 4 else Cameras(torch.zeros(1), torch.zeros(1))
    clips = torch.rand(cameras, frames, 3, 32, 32, generator=generator)
    gradient = loaded.guidance.gradient(clips, loaded.prompt, view, 0.5, generator)
    assert gradient.shape == clips.shape and gradient.isfinite().all() and gradient.abs().sum() > 0
    # Text in training is text in distillation: of a view, where the class knows no cameras, the first is the front.
    text = "a red ball bouncing" + RECIPES[role].prompt_suffix + ("" if role == "multi_view" else ", front view")
    with stand_in.run.averaged(), torch.no_grad():
        assert torch.allclose(loaded.prompt.conditional.states[:1], stand_in.encode([text]).states, atol=1e-5)


@pytest.mark.parametrize("name", ["image", "video"])
def test_an_autoencoder_learns_and_is_measured(shards, name):
    torch.manual_seed(0)
    crops, generator = Crops(shards / "clips"), torch.Generator().manual_seed(0)
    network = networks.AUTOENCODERS[name]()
    shown = crops.pictures(generator, 4) if name == "image" else crops.clips(generator, 1)
    optimiser = torch.optim.Adam(network.parameters(), 3e-3)
    losses = []
    for _ in range(25):
        loss = autoencoder_loss(name, network, shown, generator)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.7 * losses[0]
    network.eval().requires_grad_(False)
    measure(name, network, crops)
    drawn = crops.pictures(generator, 64) if name == "image" else crops.clips(generator, 16)
    latents = latent_space(name, network).encode(drawn)
    assert float(latents.square().mean()) == pytest.approx(1, rel=0.35)
    back = round_trip(name, network, shown)
    assert back.shape == shown.shape and 0 <= float(back.min()) and float(back.max()) <= 1


def test_a_video_is_decoded_in_training_as_ever_but_beyond_black_and_white():
    torch.manual_seed(0)
    network, latents = networks.make_video_autoencoder(), 3 * torch.randn(1, networks.VIDEO_CHANNELS, 2, 4, 4)
    with torch.no_grad():
        # Brighter than white is what an untrained decoder does not say by itself.
        network.decoder.conv_out.bias.fill_(0.9)
        limited, free = network._decode(latents, return_dict=False)[0], unlimited(network, latents)
    assert free.shape == (1, 3, 5, 16, 16) and float(free.max()) > 1
    assert torch.allclose(free.clamp(-1, 1), limited, atol=1e-6)


def test_the_whole_way_from_pictures_to_models(shards, tmp_path, monkeypatch):
    monkeypatch.setattr("scripts.stand_ins.pictures.CAMERAS", 4)
    monkeypatch.setattr("scripts.stand_ins.pictures.PAIRS", (("ball", "still"), ("ball", "bouncing")))
    train(tmp_path, ROLES, Plan(clips=2, rings=1, autoencoder_steps=1, steps=2))
    for role in ROLES:
        assert (tmp_path / "models" / role / "model_index.json").is_file()
        assert (tmp_path / role / "state.safetensors").is_file()


def test_the_networks_are_small_ones_of_the_public_classes(monkeypatch):
    monkeypatch.undo()
    for role, make in networks.DENOISERS.items():
        count = sum(parameter.numel() for parameter in make().parameters())
        assert 5e6 < count < 15e6, role
