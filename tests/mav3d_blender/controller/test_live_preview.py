import numpy as np
import pytest

from mav3d_blender.controller.live_preview import LivePreview
from mav3d_blender.jobs.job import Job


class Drawn:
    """In place of the overlay, which draws nothing without a window."""

    job = ""

    def __init__(self) -> None:
        self.shown = []

    def show(self, job, mesh, location, scene):
        self.shown.append((job, len(mesh[0]), location, scene))


@pytest.fixture
def preview(addon):
    preview = LivePreview()
    preview._overlay = Drawn()
    return preview


def job_of(scene, **changes) -> Job:
    target = {"scene": scene.name, "location": (1, 2, 3)}
    return Job("a", "", {}, **({"state": "RUNNING", "target": target} | changes))


def write_mesh(folder):
    path = folder / "mesh.npz"
    colours = np.zeros((3, 3), np.uint8)
    np.savez(path, vertices=np.eye(3, dtype=np.float32), triangles=np.int32([[0, 1, 2]]), colours=colours)
    return path


def show(preview, job) -> list:
    if preview._reading is not None:
        preview._reading[1].wait()
    preview.show({"a": job})
    return preview._overlay.shown


def test_the_mesh_of_a_running_job_is_drawn_at_its_place(preview, addon, tmp_path):
    job = job_of(addon)
    preview.read(job, write_mesh(tmp_path))
    assert show(preview, job) == [("a", 3, (1, 2, 3), addon.name)]
    assert show(preview, job) == [("a", 3, (1, 2, 3), addon.name)], "once"


def test_a_job_that_has_ended_or_hides_its_preview_is_not_drawn(preview, addon, tmp_path):
    path = write_mesh(tmp_path)
    preview.read(job_of(addon), path)
    assert show(preview, job_of(addon, state="DONE")) == []
    addon.mav3d.live_preview = False
    preview.read(job_of(addon), path)
    assert show(preview, job_of(addon)) == []
    preview.read(job_of(addon, target={"scene": "gone"}), path)
    assert preview._reading is None


def test_a_mesh_that_can_not_be_read_is_left_out(preview, addon, tmp_path):
    preview.read(job_of(addon), tmp_path / "none.npz")
    assert show(preview, job_of(addon)) == []
