import bpy
import pytest

from mav3d_blender.controller import submit
from mav3d_blender.jobs.job import JobError


def test_a_job_that_fails_is_an_error_with_its_advice(addon, monkeypatch):
    asked = submit.generate
    monkeypatch.setattr(submit, "generate", lambda context, request: asked(context, request | {"fake": "fail"}))
    addon.mav3d.prompt = "a red ball"
    with pytest.raises(RuntimeError, match="There is not enough memory. Choose a lower quality."):
        bpy.ops.mav3d.generate()


@pytest.mark.parametrize("error", [JobError("No room."), ValueError("No room.")])
def test_what_is_in_the_way_of_a_job_is_an_error(addon, monkeypatch, error):
    def refuse(context, request):
        raise error

    monkeypatch.setattr(submit, "generate", refuse)
    addon.mav3d.prompt = "a red ball"
    with pytest.raises(RuntimeError, match="No room."):
        bpy.ops.mav3d.generate()
