import pytest

from engine.contract.errors import JobError, PromptError, RequestError
from engine.contract.prompt import ParsedPrompt
from engine.contract.request import Request
from engine.job.folder import JobFolder
from engine.job.resolve import resolve, resolve_folder, resolve_new


def test_a_picture_stands_for_what_the_prompt_does_not_say():
    job = resolve(Request.checked({"prompt": "bouncing", "image": "photo.png"}))
    # Nobody has looked yet.
    assert job.has_image and job.prompt.endswith(" bouncing") and job.said() == ParsedPrompt(None, None, "bouncing")
    assert job.seen("white", "duck").prompt == "white duck bouncing"
    kept = job.request.as_dict() | {"image": "reference.png", "image_sha256": "0" * 64}
    assert Request.checked(kept).as_dict() == kept
    with pytest.raises(PromptError, match="names no object"):
        resolve(Request.checked({"prompt": "bouncing"}))


def test_steps_can_be_set_for_each_stage():
    quality = resolve(Request.checked({"prompt": "a ball", "dynamic_steps": 3})).quality
    assert quality.dynamic.steps == 3 and quality.static.steps > 3


def test_a_still_object_has_one_frame_and_no_motion():
    request = Request.checked({"prompt": "a red ball bouncing", "mode": "3d", "frames": 16})
    job = resolve(request)
    assert request.frames == 1 and job.prompt == "red ball still"
    quality = job.quality
    assert quality.dynamic.steps == 0 and quality.field.times == 1


def test_models_are_named_in_place_of_the_presets_own():
    request = Request.checked({"prompt": "a corgi", "preset": "open", "image_model": "a/b", "video_guidance_scale": 30})
    job = resolve(request)
    models, quality = job.models, job.quality
    assert models.image == "a/b" and models.video.startswith("Wan-AI/")
    assert quality.dynamic.distillation.guidance_scale == quality.super_resolution.video_distillation.guidance_scale == 30
    assert quality.static.distillation.guidance_scale is quality.super_resolution.distillation.guidance_scale is None
    assert Request.checked(request.as_dict()) == request


def test_public_models_have_qualities_of_their_own_and_take_any_text():
    job = resolve(Request.checked({"prompt": "a corgi playing with a ball", "preset": "open"}))
    assert job.quality.static.steps == 5000 and job.prompt == "a corgi playing with a ball" and job.vocabulary is None
    assert resolve(Request.checked({"prompt": "a red ball"})).quality.static.steps == 150


def test_only_the_roles_that_have_steps_need_a_model():
    values = {"prompt": "a corgi", "preset": "custom", "image_model": "a/b", "super_resolution_steps": 0}
    assert resolve(Request.checked(values | {"mode": "3d"})).models.image == "a/b"
    assert resolve(Request.checked(values | {"dynamic_steps": 0})).models.video == ""


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"image_model": "a/b"}, "choose the preset custom"),
        (
            {"preset": "custom", "image_model": "a/b", "video_model": "c/d", "super_resolution_steps": 9},
            "give upscale_model",
        ),
        ({"preset": "custom"}, "give image_model and video_model, a folder"),
    ],
)
def test_models_that_do_not_go_with_the_preset_are_refused(values, said):
    with pytest.raises(RequestError, match=said):
        resolve(Request.checked({"prompt": "a ball"} | values))


def test_a_job_of_a_newer_version_is_told_by_its_version(tmp_path):
    folder = JobFolder(tmp_path)
    folder.open({"prompt": "a ball", "gravity": 9.8}, {"engine": "99.1.0"})
    with pytest.raises(JobError, match=r"version 99\.1\.0 of the engine .* this one, version \d") as raised:
        resolve_folder(folder)
    assert "gravity" not in str(raised.value)
    folder.open({"prompt": "a ball", "gravity": 9.8}, {"engine": "0.0.1"}, overwrite=True)
    with pytest.raises(RequestError, match="no setting 'gravity'"):
        resolve_folder(folder)


def test_a_job_without_a_seed_has_that_of_its_folder_or_a_new_one(tmp_path):
    folder, request = JobFolder(tmp_path / "job"), Request.checked({"prompt": "a ball"})
    first = resolve_new(request, folder, draw_seed=True).request
    folder.open(first.as_dict(), {})
    assert resolve_new(request, folder, draw_seed=True).request == first
    assert resolve_new(request, folder, draw_seed=False).request.seed == 0
    assert resolve_new(request, folder, draw_seed=True, overwrite=True).request.seed != first.seed


def test_a_prompt_of_creatures_goes_to_the_models_that_know_them():
    toy, dog = (resolve(Request.checked({"prompt": prompt})) for prompt in ("a red ball bouncing", "a brown dog running"))
    assert toy.models.name == "primitives" and not toy.models.bends and toy.quality.field.bones == 0
    assert dog.models.name == "creatures" and dog.quality.field.bones > 0 and "dog running" in dog.prompt
    assert dog.request.preset == "primitives"


def test_a_word_that_no_built_in_model_knows_is_told_with_all_that_they_know():
    with pytest.raises(PromptError, match=r"quark.*dog.*running"):
        resolve(Request.checked({"prompt": "a quark"}))


def test_a_picture_is_shown_to_the_named_preset_alone():
    with pytest.raises(PromptError, match="dog"):
        resolve(Request.checked({"prompt": "a brown dog running", "image": "dog.png"}))
