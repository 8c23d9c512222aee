"""Runs that animate a given mesh, a step or two long, with the built-in models."""

import shutil

import imageio.v3 as imageio
import numpy as np
import pytest

from engine.cli.main import main
from engine.contract.errors import DamagedError, PromptError, RequestError
from engine.contract.request import GIVEN_MESH, Request
from engine.job.folder import JobFolder
from engine.job.resolve import resolve, resolve_folder, resolve_new
from engine.pipeline.run import run_job
from tests.engine.reference.given.rigs import rigged_dog
from tests.engine.reference.given.shapes import box_dog, write_obj

FEW = {"quality": "draft", "dynamic_steps": 1, "frames": 2, "seed": 1}


@pytest.fixture
def path(tmp_path):
    write_obj(tmp_path / "dog.obj", box_dog())
    return tmp_path / "dog.obj"


def run(folder: JobFolder, values: dict) -> list[dict]:
    said: list[dict] = []
    run_job(resolve_new(Request.checked(values), folder, False), folder, said.append, lambda: 0, "cpu", previews=())
    return said


def test_a_mesh_goes_in_and_comes_out_rigged_and_the_job_needs_no_other_file(path, tmp_path):
    folder = JobFolder(tmp_path / "job")
    said = run(folder, FEW | {"prompt": "a brown dog running", "mesh": str(path)})
    assert said[-1]["type"] == "result" and {each.get("stage") for each in said} >= {"dynamic", "preview"}
    assert "static" not in {each.get("stage") for each in said}
    vertices, faces = box_dog()
    with np.load(folder.asset / "mesh.npz") as mesh:
        np.testing.assert_allclose(mesh["rest"], vertices, atol=1e-6)
        assert mesh["counts"].tolist() == [len(face) for face in faces] and mesh["vertices"].shape == (2, len(vertices), 3)
    assert resolve_folder(folder).request.mesh == GIVEN_MESH
    path.unlink()
    again = resolve_folder(folder)
    run_job(again, folder, lambda message: None, lambda: 0, "cpu", previews=())
    (folder.path / GIVEN_MESH).unlink()
    with pytest.raises(DamagedError, match="the mesh of the job, is missing"):
        run_job(again, folder, lambda message: None, lambda: 0, "cpu", previews=())


def test_an_export_and_a_picture_show_the_mesh_again(path, tmp_path, capsys):
    folder = JobFolder(tmp_path / "job")
    run(folder, FEW | {"prompt": "a brown dog running", "mesh": str(path)})
    with np.load(folder.asset / "mesh.npz") as mesh:
        before = {name: mesh[name] for name in mesh.files}
    shutil.rmtree(folder.asset)
    assert main(["export", str(folder.path)]) == 0
    with np.load(folder.asset / "mesh.npz") as mesh:
        assert set(mesh.files) == set(before)
        for name, value in before.items():
            np.testing.assert_array_equal(mesh[name], value)
    picture = ["--path", "still", "--frames", "1", "--size", "48", "--background", "1", "--azimuth", "90", "--output"]
    assert main(["render", str(folder.path), *picture, str(tmp_path / "dog.png")]) == 0
    shown = imageio.imread(tmp_path / "dog.png")
    # Brown, and not the bluish gray of a scene that has learned nothing; between the legs nothing is.
    covered = shown[shown.min(-1) < 200]
    assert len(covered) > 30 and (covered[:, 0] > 1.2 * covered[:, 2]).mean() > 0.9


def test_bones_that_it_hangs_on_are_the_skeleton_s_and_the_rig_s(tmp_path):
    shape, bones = rigged_dog()
    write_obj(tmp_path / "dog.obj", shape)
    np.savez(tmp_path / "bones.npz", **bones.arrays())
    folder = JobFolder(tmp_path / "job")
    values = FEW | {"prompt": "a brown dog running", "mesh": str(tmp_path / "dog.obj"), "bones": str(tmp_path / "bones.npz")}
    said = run(folder, values | {"dynamic_steps": 2})
    assert said[-1]["type"] == "result"
    with np.load(folder.asset / "rig.npz") as rig, np.load(folder.asset / "mesh.npz") as mesh:
        assert rig["names"].tolist() == bones.names
        np.testing.assert_array_equal(rig["parents"], bones.parents)
        np.testing.assert_allclose(rig["rest_head"], bones.heads, atol=1e-6)
        dense = np.zeros_like(bones.weights)
        np.add.at(dense, (np.arange(len(dense))[:, None], rig["bones"]), rig["weights"])
        np.testing.assert_allclose(dense, bones.weights, atol=1e-6)
        assert np.ptp(mesh["vertices"], axis=0).max() > 0.01
        np.testing.assert_allclose(rig["root"][:, 7:], rig["root"][:, 7:8] * np.ones(3), atol=1e-6)
    (tmp_path / "bones.npz").unlink()
    job = resolve_folder(folder)
    assert job.request.bones is None
    run_job(job, folder, lambda message: None, lambda: 0, "cpu", previews=())


def test_what_does_not_go_with_the_mesh_is_said_before_anything_is_written(path, tmp_path):
    folder = JobFolder(tmp_path / "job")
    with pytest.raises(PromptError, match="A dog has no wings"):
        run(folder, FEW | {"prompt": "a dog flying", "mesh": str(path)})
    assert not folder.path.exists()
    # It looks like a dog, a cat or a horse, none of which can open.
    with pytest.raises(PromptError, match="it can be"):
        run(folder, FEW | {"prompt": "opening", "mesh": str(path)})
    assert not folder.path.exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"image": "dog.png"}, "give a mesh or an image"),
        ({"without": ["skeleton"]}, "do not leave out skeleton"),
        ({"mode": "3d"}, "leave out the mode 3d"),
        ({"topology": "per-frame"}, "keeps its faces in all frames"),
        ({"static_steps": 5}, "needs no static stage"),
        ({"backbone": "mlp"}, "holds no given mesh"),
        ({"mesh_sha256": "0"}, "belongs to a job"),
        ({"mesh": " "}, "give the path of a mesh file"),
        ({"bones": " "}, "give the path of a file of bones"),
        ({"bones": "bones.npz", "mesh": None}, "give the mesh as well"),
    ],
)
def test_settings_that_do_not_go_with_a_mesh(more, said):
    with pytest.raises(RequestError, match=said):
        Request.checked({"prompt": "running", "mesh": "dog.obj"} | more)


def test_the_models_that_know_bodies_take_it_and_only_motion_is_optimised():
    job = resolve(Request.checked({"prompt": "running", "mesh": "dog.obj"}))
    assert job.models.bends and job.prompt.split()[3] == "running" and job.has_mesh
    assert (job.quality.static.steps, job.quality.super_resolution.steps) == (0, 0) and job.quality.field.bones == 24
    assert job.seen("brown", "dog").prompt == "brown dark dog running still medium steady"
    public = resolve(Request.checked({"prompt": "a gryphon running", "mesh": "dog.obj", "preset": "open"}))
    rates = public.quality.dynamic.rates
    assert (rates.space, rates.time, rates.decoder) == (0, 0, 0) and rates.skeleton > 0 and rates.trajectory > 0
    assert public.quality.field.trajectory and public.prompt == "a gryphon running"
