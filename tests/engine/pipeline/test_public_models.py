"""The command line with public models of the user's own choice, small and random, and what it says when they are not right."""

import gc
import json
import os
import shutil
import subprocess
import sys
import weakref
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from engine.config.quality import PUBLIC_QUALITIES
from engine.guidance.load import GuidanceConfig
from engine.models.presets import PRESETS
from engine.pipeline.train import load_stage_models
from tests.engine.guidance import public_models
from tests.root import PATIENCE, ROOT

# The quality, with a scene and pictures small enough for a test.
LAUNCH = """
import sys
from dataclasses import replace
from engine.config import quality as settings
for name, quality in list(settings.PUBLIC_QUALITIES.items()):
    stages = {}
    for stage, size in (("static", 16), ("dynamic", 16), ("super_resolution", 32)):
        few = {"cameras": min(2, getattr(quality, stage).cameras), "image_cameras": 2, "size_milestones": ()}
        stages[stage] = replace(getattr(quality, stage), size=size, samples=16, **few)
    mesh = settings.MeshConfig(resolution=24, triangles=200, texture=32)
    field = replace(quality.field, resolutions=(8,), times=5, occupancy=16)
    settings.PUBLIC_QUALITIES[name] = replace(quality, mesh=mesh, field=field, **stages)
from engine.__main__ import main
sys.exit(main())
"""
STEPS = ["--static-steps", "3", "--dynamic-steps", "2", "--super-resolution-steps", "2"]


def launch(*arguments: str) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    command = [sys.executable, "-c", LAUNCH, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, timeout=PATIENCE)


def custom(image: Path, video: Path, upscale: Path) -> list[str]:
    models = ["--image-model", str(image), "--video-model", str(video), "--upscale-model", str(upscale)]
    return ["--preset", "custom", *models, *STEPS, "--topology", "per-frame", "--frames", "2", "--seed", "1"]


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("public")
    for name in ("stable_diffusion", "modelscope", "deepfloyd_upscaler", "deepfloyd", "animatediff", "latent_upscaler"):
        public_models.save(name, folder / name)
    return folder


@pytest.mark.parametrize(
    ("image", "video", "upscale"),
    [("stable_diffusion", "modelscope", "deepfloyd_upscaler"), ("deepfloyd", "animatediff", "latent_upscaler")],
)
def test_models_of_ones_own_choice_make_a_scene(models, tmp_path, image, video, upscale):
    job = tmp_path / "job"
    done = launch(
        "generate",
        "a corgi playing with a ball",
        "--output",
        str(job),
        *custom(models / image, models / video, models / upscale),
    )
    # A few steps of random models may leave nothing solid, and that is said; the state is there all the same.
    assert done.returncode == 0 or "solid" in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    state = load_file(job / "state.safetensors")
    assert all(bool(value.isfinite().all()) for value in state.values() if value.is_floating_point())
    assert json.loads((job / "job.json").read_text())["models"] == {"image": image, "video": video, "upscale": upscale}
    stages = [json.loads(line).get("stage") for line in (job / "events.jsonl").read_text().splitlines()]
    assert {"static", "dynamic", "super_resolution"} <= set(stages)
    if done.returncode == 0:
        assert json.loads((job / "asset" / "asset.json").read_text())["models"]["image"] == image


def broken(models: Path, folder: Path, how: str) -> Path:
    """A copy of a model with something wrong."""
    shutil.copytree(models / "stable_diffusion", folder)
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    if how == "truncated":
        weights.write_bytes(weights.read_bytes()[:-1000])
    elif how == "missing":
        weights.unlink()
    elif how == "no component":
        shutil.rmtree(folder / "vae")
    elif how == "pickle":
        torch.save({"a": torch.zeros(1)}, weights.with_suffix(".bin"))
        weights.unlink()
    return folder


@pytest.mark.parametrize(
    ("how", "says"),
    [("truncated", "can't be read"), ("missing", "holds no"), ("no component", "missing"), ("pickle", "holds no")],
)
def test_a_damaged_model_is_told_of_in_a_sentence(models, tmp_path, how, says):
    image = broken(models, tmp_path / "model", how)
    done = launch(
        "generate",
        "a corgi",
        "--output",
        str(tmp_path / "job"),
        *custom(image, models / "modelscope", models / "latent_upscaler"),
    )
    assert done.returncode == 1 and says in done.stderr and "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    later = custom(models / "deepfloyd", image, models / "latent_upscaler")
    done = launch("generate", "a corgi", "--output", str(tmp_path / "other"), *later)
    assert done.returncode == 1 and not (tmp_path / "other" / "state.safetensors").exists(), "told before the first step"


@pytest.mark.parametrize(
    ("image", "says"),
    [
        ("modelscope", "can't be the image model"),
        ("nobody/nothing", "not on this machine"),
        ("stabilityai/stable-diffusion-2-1-base", "sd2-community"),
        ("/no/such/folder", "no model folder"),
    ],
)
def test_a_wrong_choice_is_told_of_in_a_sentence(models, tmp_path, image, says):
    image = models / image if (models / image).is_dir() else image
    done = launch(
        "generate",
        "a corgi",
        "--output",
        str(tmp_path / "job"),
        *custom(image, models / "modelscope", models / "latent_upscaler"),
    )
    assert done.returncode == 1 and says in done.stderr and "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not any((tmp_path / "job").iterdir()), "nothing is in the way of another choice"


def test_a_role_without_a_model_is_told_of_at_the_door(tmp_path):
    done = launch("generate", "a corgi", "--output", str(tmp_path / "job"), "--preset", "custom", "--image-model", "a/b")
    assert done.returncode == 1 and "video_model" in done.stderr and not (tmp_path / "job").exists()
    done = launch("generate", "a red ball", "--output", str(tmp_path / "job"), "--image-model", "a/b")
    assert done.returncode == 1 and "custom" in done.stderr


def test_an_estimate_says_first_what_memory_is_needed(models):
    folders = custom(models / "stable_diffusion", models / "modelscope", models / "latent_upscaler")
    done = launch("estimate", "a corgi", *folders)
    assert done.returncode == 0 and "It fits" in done.stdout and "together" in done.stdout, done.stderr
    done = launch("estimate", "a corgi", "--preset", "open")
    assert done.returncode == 0 and "not fetched" in done.stdout and "together" not in done.stdout, done.stderr


def test_a_stages_models_are_gone_when_the_next_begins(models):
    preset = replace(PRESETS["custom"], image=str(models / "stable_diffusion"), video=str(models / "modelscope"))
    loaded, config, quality = {}, GuidanceConfig("a corgi", preset), PUBLIC_QUALITIES["draft"]
    load_stage_models(loaded, "static", config, quality)
    network = weakref.ref(loaded["image"].guidance.denoiser.network)
    assert network() is not None
    load_stage_models(loaded, "dynamic", config, quality)
    assert list(loaded) == ["image", "video"] and loaded["image"].guidance.denoiser.network is network()
    alone = replace(quality, dynamic=replace(quality.dynamic, image_share=0.0))
    load_stage_models(loaded, "dynamic", config, alone)
    gc.collect()
    assert list(loaded) == ["video"] and network() is None
