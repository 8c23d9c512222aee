import json
from dataclasses import replace

import pytest
import torch

from engine.config.quality import PUBLIC_QUALITIES
from engine.contract.request import Request
from engine.job.resolve import resolve
from engine.models.presets import PRESETS
from engine.pipeline.memory import plan as memory_plan
from engine.pipeline.memory.models import Need, preset_needs
from engine.pipeline.memory.plan import MemoryPlan, fitting_presets, needs_low_memory, plan_memory
from tests.engine.guidance import public_models

STANDARD = PUBLIC_QUALITIES["standard"]
# With the stage that is off unless asked for.
STANDARD = replace(STANDARD, super_resolution=replace(STANDARD.super_resolution, steps=1))


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("public")
    for name in ("stable_diffusion", "modelscope", "latent_upscaler"):
        public_models.save(name, folder / name)
    return folder


def custom(models):
    folders = {"image": "stable_diffusion", "video": "modelscope", "upscale": "latent_upscaler"}
    return replace(PRESETS["custom"], **{role: str(models / name) for role, name in folders.items()})


def test_a_plan_has_two_models_side_by_side_or_one_after_the_other(models):
    plan = plan_memory(custom(models), STANDARD, torch.device("cpu"))
    assert set(plan.usual) == {"static", "dynamic", "super_resolution"} and plan.known and plan.fits
    needs = plan.needs
    both = needs["video"].weights + needs["upscale"].weights + max(needs["video"].working, needs["upscale"].working)
    assert plan.usual["super_resolution"] == pytest.approx(memory_plan.SCENE_GB + both)
    alone = preset_needs(custom(models), STANDARD, False, low=True)
    one = max(alone[role].weights + alone[role].working for role in ("video", "upscale"))
    assert plan.low["super_resolution"] == pytest.approx(memory_plan.SCENE_GB + one)
    # The image model is beside the video model while the scene moves.
    moving = needs["video"].weights + needs["image"].weights + max(needs["video"].working, needs["image"].working)
    assert plan.usual["dynamic"] == pytest.approx(memory_plan.SCENE_GB + moving)
    assert json.dumps(plan.as_dict()) and len(plan.lines()) == 9


def test_a_plan_can_be_for_a_card_that_is_not_here(models):
    here, card = (plan_memory(custom(models), STANDARD, torch.device("cpu"), limit) for limit in (None, 24.0))
    assert card.available == 24 and card.needs["video"].weights < 0.9 * here.needs["video"].weights


@pytest.mark.parametrize(
    ("available", "fits", "fits_low", "word"),
    [
        (None, True, True, "not known"),
        (10.0, True, True, "It fits"),
        (6.0, False, True, "low memory"),
        (3.0, False, False, "not fit"),
    ],
)
def test_the_verdict_is_a_sentence(available, fits, fits_low, word):
    plan = MemoryPlan({"static": 8.0}, {"static": 4.0}, {}, available)
    assert (plan.fits, plan.fits_low) == (fits, fits_low) and word in plan.verdict()


def test_low_memory_is_chosen_where_asked_for_or_where_nothing_else_fits(models, monkeypatch):
    request = Request.checked(
        {"prompt": "a corgi", "preset": "custom", **{f"{role}_model": path for role, path in custom(models).sources().items()}}
    )
    cpu, cuda = torch.device("cpu"), torch.device("cuda")
    monkeypatch.setattr(memory_plan, "half_type", lambda device: torch.bfloat16)
    job = resolve(request)
    assert not needs_low_memory(job, cpu)
    monkeypatch.setattr(memory_plan, "memory_gb", lambda device: 1000.0)
    assert not needs_low_memory(job, cuda)
    monkeypatch.setattr(memory_plan, "memory_gb", lambda device: memory_plan.SCENE_GB + 1e-6)
    assert needs_low_memory(job, cuda)
    asked = Request.checked({"prompt": "a red ball", "memory": "low"})
    assert needs_low_memory(resolve(asked), cpu)


def test_presets_that_fit_are_named(monkeypatch):
    monkeypatch.setattr(memory_plan, "memory_gb", lambda device: 13.0)
    assert fitting_presets("standard", torch.device("cpu")) == ["primitives", "open"]
    monkeypatch.setattr(memory_plan, "memory_gb", lambda device: 4.0)
    assert fitting_presets("standard", torch.device("cpu")) == ["primitives"]


def test_the_table_has_a_row_a_model_and_a_row_a_stage():
    needs = {"image": Need(1.0, 2.25, 0.5), "video": Need(9.5, 12.0, 0.0, known=False)}
    plan = MemoryPlan({"static": 4.25, "super_resolution": 13.5}, {"static": 3.0, "super_resolution": 6.0}, needs, 8.0)
    _, image, video, _, static, last, verdict = plan.lines()
    assert image.split() == ["image", "1.0", "2.2", "0.5"]
    assert video.split()[:4] == ["video", "9.5", "12.0", "0.0"] and "not fetched: an estimate" in video
    assert static.split() == ["static", "4.2", "3.0"] and last.split() == ["super-resolution", "13.5", "6.0"]
    assert verdict == "It fits at low memory alone, which is chosen by itself: 6.0 of 8.0 GB."
    assert not plan.known and plan.as_dict()["known"] is False


def test_text_encoders_count_where_they_are_larger_than_what_follows(monkeypatch):
    needs = {role: Need(20.0, 1.0, 0.5) for role in ("image", "video", "upscale")}
    monkeypatch.setattr(memory_plan, "preset_needs", lambda *arguments, low=False: needs)
    plan = plan_memory(PRESETS["custom"], STANDARD, torch.device("cpu"))
    assert set(plan.usual.values()) == {memory_plan.SCENE_GB + 20} and set(plan.low.values()) == {memory_plan.SCENE_GB + 1.5}
