"""A job with a picture, from its request to its asset, on tiny random models."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from engine.config import quality as settings
from engine.contract.errors import DamagedError, TakenError
from engine.contract.request import ROLES, Request
from engine.job.folder import JobFolder
from engine.job.resolve import resolve, resolve_new, with_files_read
from engine.models import presets
from engine.pipeline.run import is_finished, run_job
from engine.reference.camera import ReferenceCamera
from engine.reference.conditioning import estimate_camera, load_reference
from engine.reference.matting import ImageError

VALUES = {
    "prompt": "a red ball bouncing", "quality": "draft", "seed": 4, "topology": "fixed", "frames": 2,
    "static_steps": 2, "dynamic_steps": 2, "super_resolution_steps": 0,
}  # fmt: skip
# Where a random model would have drawn the object says nothing.
CAMERA = ReferenceCamera(0.1, 0.2, 1.1, 0.0, 0.0, "red", "ball", 0.9)


@pytest.fixture
def tiny(tiny_models, monkeypatch):
    models = {role: str(tiny_models / role) for role in ROLES}
    monkeypatch.setitem(presets.PRESETS, "primitives", replace(presets.PRESETS["primitives"], **models))
    draft = settings.QUALITIES["draft"]
    small = settings.MeshConfig(resolution=24, triangles=200, texture=32)
    field = replace(draft.field, resolutions=(8,))
    monkeypatch.setitem(settings.QUALITIES, "draft", replace(draft, mesh=small, field=field))
    monkeypatch.setattr("engine.pipeline.run.estimate_camera", lambda *arguments: CAMERA)


@pytest.fixture
def begun(tiny, monkeypatch):
    """Jobs go no further than their folders."""
    monkeypatch.setattr("engine.pipeline.run._optimise_and_export", lambda *arguments: None)


def picture(path, colour=(200, 30, 30, 255)):
    image = Image.new("RGBA", (120, 90))
    image.paste(colour, (40, 20, 90, 70))
    image.save(path)
    return str(path)


def run(request: Request, folder: JobFolder, **options) -> list[dict]:
    messages = []
    run_job(resolve_new(request, folder, draw_seed=False), folder, messages.append, lambda: 0, "cpu", **options)
    return messages


def test_a_job_is_held_to_its_picture_and_can_go_on_elsewhere(tiny, tmp_path):
    path, folder = picture(tmp_path / "picture.png"), JobFolder(tmp_path / "job")
    request = Request.checked(VALUES | {"image": path})
    messages = run(request, folder)
    assert messages[-1]["type"] == "result"
    ends = [m for m in messages if m["type"] == "progress" and m["step"] == m["steps"] and m["stage"] in ("static", "dynamic")]
    assert len(ends) == 2 and all(m["metrics"]["reference"] > 0 for m in ends)
    kept = json.loads((folder.path / "job.json").read_text())["request"]
    assert kept["image"] == "reference.png" and len(kept["image_sha256"]) == 64 and path not in json.dumps(kept)
    assert is_finished(resolve_new(request, folder, draw_seed=False), folder)
    # Without the first picture, in another place.
    shutil.copytree(folder.path, tmp_path / "copy")
    (tmp_path / "picture.png").unlink()
    shutil.rmtree(folder.path)
    copy = JobFolder(tmp_path / "copy")
    for name in ("asset", "previews"):
        shutil.rmtree(copy.path / name)
    assert run(Request.checked(copy.request()), copy)[-1]["type"] == "result"
    assert load_reference(copy.path, copy.request()["image_sha256"]).camera == CAMERA


def test_another_picture_is_another_job(begun, tmp_path):
    path, folder = picture(tmp_path / "picture.png"), JobFolder(tmp_path / "job")
    request = Request.checked(VALUES | {"image": path})
    run(request, folder)
    first = (folder.path / "reference.png").read_bytes()
    picture(path, (30, 30, 200, 255))
    with pytest.raises(TakenError, match="image_sha256"):
        run(request, folder)
    assert (folder.path / "reference.png").read_bytes() == first
    run(request, folder, overwrite=True)
    assert (folder.path / "reference.png").read_bytes() != first


def test_what_is_missing_or_changed_is_told_of(begun, tmp_path):
    path, folder = picture(tmp_path / "picture.png"), JobFolder(tmp_path / "job")
    with pytest.raises(ImageError, match="is missing: give the path"):
        resolve_new(Request.checked(VALUES | {"image": str(tmp_path / "none.png")}), folder, draw_seed=False)
    run(Request.checked(VALUES | {"image": path}), folder)
    sha256 = folder.request()["image_sha256"]
    whole = (folder.path / "reference.json").read_text()
    for text in ("{", "[]", whole.replace("1.1", "-1.1"), whole.replace("1.1", "NaN"), whole.replace("1.1", '"wide"')):
        (folder.path / "reference.json").write_text(text)
        with pytest.raises(DamagedError, match="reference.json is damaged"):
            load_reference(folder.path, sha256)
    Image.fromarray(np.zeros((512, 512, 4), np.uint8)).save(folder.path / "reference.png")
    with pytest.raises(ImageError, match="not the picture"):
        load_reference(folder.path, sha256)


def test_models_that_take_any_text_say_nothing_of_a_picture(tmp_path):
    (tmp_path / "model").mkdir()
    models = {f"{role}_model": str(tmp_path / "model") for role in ROLES}
    request = Request.checked({"prompt": "a corgi", "preset": "custom", "image": picture(tmp_path / "picture.png"), **models})
    job = with_files_read(resolve(request))
    assert estimate_camera(job.image, job.models.image, job.vocabulary, job.said()) == ReferenceCamera()
