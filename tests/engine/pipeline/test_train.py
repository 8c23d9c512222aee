"""What belongs to a step, under guidance that knows the answer; and which models a stage keeps."""

from dataclasses import replace

import pytest
import torch

from engine.config.quality import STANDARD
from engine.config.stage import DistillationConfig, LearningRates
from engine.guidance.load import GuidanceConfig, LoadedGuidance
from engine.models.presets import PRESETS
from engine.pipeline import train
from engine.pipeline.train import load_stage_models, take_step
from engine.scene.field import BLOB_WIDTH
from engine.scene.frame_times import frame_times
from engine.stages.train_state import TrainState
from tests.engine.scene.test_render import UniformBall
from tests.engine.stages.knowing import FIELD, STAGE, KnowingGuidance

TIMES = frame_times(FIELD.times)
RATES = LearningRates(0.02, 0.01, 0.005)
STATIC = replace(STAGE, steps=4, cameras=1, rates=RATES, final_lr_ratio=0.25, occupancy_interval=2, blob_growth=4.0)
QUALITY = replace(STANDARD, field=FIELD, static=STATIC, dynamic=replace(STATIC, blob_growth=1.0))


@pytest.fixture
def models() -> dict[str, LoadedGuidance]:
    return {"image": KnowingGuidance(UniformBall(60.0, 0.4), torch.tensor([0.5])).loaded("a ball")}


def rates(scene: TrainState) -> dict[str, float]:
    return {group["name"]: group["lr"] for group in scene.optimiser.param_groups}


@pytest.mark.parametrize(("step", "least", "share"), [(0, 0.0, 0.0), (2, 0.0, 0.5), (2, 0.75, 0.75)])
def test_a_step_stands_at_its_share_of_the_schedule(models, step, least, share):
    scene = TrainState.new(FIELD, 0)
    take_step(scene, "static", step, models, QUALITY, TIMES, least)
    assert models["image"].guidance.asked[0][1] == share
    decayed = {"space": 0.02 * 0.25**share, "time": 0.01 * 0.25**share, "decoder": 0.005 * 0.25**share}
    assert {name: rates(scene)[name] for name in decayed} == pytest.approx(decayed)
    assert float(scene.field.blob_width) == pytest.approx(BLOB_WIDTH * 4**share)


def test_occupancy_is_read_again_at_its_interval_and_at_the_end(models):
    updates = []
    for step in range(3, 0, -1):
        scene = TrainState.new(FIELD, 0)
        before = scene.occupancy.bits
        take_step(scene, "static", step, models, QUALITY, TIMES)
        updates.append(scene.occupancy.bits is not before)
    # Steps 3 and 1 are the last of four and of two.
    assert updates == [True, False, True]


@pytest.mark.parametrize(("times", "beside"), [(4, "video"), (1, "image")])
def test_each_stage_has_its_models(monkeypatch, times, beside):
    asked = []
    monkeypatch.setattr(train, "static_step", lambda state, image, *rest: asked.append([image]) or {})
    monkeypatch.setattr(train, "dynamic_step", lambda state, video, *rest: asked.append([video]) or {})
    monkeypatch.setattr(train, "super_resolution_step", lambda state, up, low, *rest: asked.append([up, low, rest[-1]]) or {})
    field = replace(FIELD, times=times)
    quality = replace(QUALITY, field=field, super_resolution=replace(STATIC, size=32))
    loaded = {role: role for role in ("image", "video", "upscale")}
    for stage in ("static", "dynamic", "super_resolution"):
        take_step(TrainState.new(field, 0), stage, 0, loaded, quality, frame_times(times))
    assert asked == [["image"], ["video"], ["upscale", beside, QUALITY.dynamic.size]]


def test_models_are_loaded_when_a_stage_asks_and_freed_when_none_does(monkeypatch):
    made = []

    def load(role, guidance, distillation, device):
        made.append(role)
        known = KnowingGuidance(None, None)
        known.distillation = distillation
        return known.loaded(role)

    monkeypatch.setattr(train, "load_guidance", load)
    own, beside = DistillationConfig(guidance_scale=7.0), DistillationConfig(guidance_scale=None, noise_start=0.5)
    last = replace(STATIC, distillation=own, video_distillation=beside)
    quality, loaded = replace(QUALITY, super_resolution=last), {}
    for stage, roles in (("static", ["image"]), ("dynamic", ["video"]), ("super_resolution", ["video", "upscale"])):
        load_stage_models(loaded, stage, GuidanceConfig("a ball", PRESETS["primitives"]), quality)
        assert list(loaded) == roles
    assert made == ["image", "video", "upscale"], "the video model is kept for the last stage"
    asked = {role: model.guidance.distillation for role, model in loaded.items()}
    # Where a stage does not say, the scale is the model's own.
    assert asked == {"upscale": own, "video": replace(beside, guidance_scale=1.0)}


def test_image_and_video_model_are_asked_in_turn(models):
    ball = UniformBall(60.0, 0.4)
    models = models | {"video": KnowingGuidance(ball, TIMES).loaded("a ball")}
    quality = replace(QUALITY, dynamic=replace(STATIC, steps=8, blob_growth=1.0, image_share=0.25, image_cameras=2))
    state = TrainState.new(FIELD, 0)
    for step in range(8):
        take_step(state, "dynamic", step, models, quality, TIMES)
    assert [asked[1] for asked in models["image"].guidance.asked] == [3 / 8, 7 / 8]
    assert len(models["video"].guidance.asked) == 6


def test_pictures_grow_at_milestones(models):
    quality = replace(QUALITY, static=replace(STATIC, size_milestones=((0.5, 24),)))
    for step in (1, 2):
        take_step(TrainState.new(FIELD, 0), "static", step, models, quality, TIMES)
    assert [asked[3][-1] for asked in models["image"].guidance.asked] == [16, 24]


def test_the_whole_motion_begins_with_the_dynamic_stage_alone(monkeypatch):
    """A later stage would put a trajectory that has been learned back to where it began."""
    begun = []
    monkeypatch.setattr(train, "begin_whole_motion", lambda state, video, times: begun.append(video) or True)
    monkeypatch.setattr(train, "_stage_step", lambda *arguments: {})
    moving = replace(QUALITY.dynamic, rates=LearningRates(0.0, 0.0, 0.0, 0.02), rigid_until=0.5)
    quality = replace(QUALITY, dynamic=moving, super_resolution=moving)
    loaded = {"video": "the video model"}
    for stage in ("static", "dynamic", "super_resolution"):
        take_step(TrainState.new(FIELD, 0), stage, 0, loaded, quality, TIMES)
    assert begun == ["the video model"]
    take_step(TrainState.new(FIELD, 0), "dynamic", 1, loaded, quality, TIMES)
    still = replace(quality, dynamic=replace(moving, rates=replace(moving.rates, trajectory=0.0), rigid_until=0.0))
    take_step(TrainState.new(FIELD, 0), "dynamic", 0, loaded, still, TIMES)
    assert len(begun) == 1
