import bpy
import pytest

from mav3d_blender.common import package
from mav3d_blender.controller import validation
from mav3d_blender.controller.state import state
from mav3d_blender.controller.validation import request_problem

FETCHER = """
import json, sys
print(json.dumps({"type": "progress", "step": 1, "steps": 4, "eta_s": 3.0, "model": " ".join(sys.argv[1:])}), flush=True)
if "--image-model=bad/model" in sys.argv:
    print(json.dumps({"type": "error", "kind": "model", "message": "bad/model is gated."}), flush=True)
    sys.exit(1)
"""


def test_models_are_fetched_and_then_count_as_there(addon, tmp_path, monkeypatch):
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "__main__.py").write_text(FETCHER)
    monkeypatch.setattr(package, "ROOT", tmp_path)
    monkeypatch.setattr(validation, "is_online", lambda: True)
    fetch, settings = bpy.ops.mav3d.fetch_models, addon.mav3d
    assert not fetch.poll()
    settings.preset, settings.prompt = "custom", "a corgi"
    assert not fetch.poll()
    settings.preset = "open"
    missing = {"image": "x/y is not on this machine.", "video": "z is not on this machine."}
    about = {"name": "open", "ready": False, "reason": "x/y is not on this machine.", "missing": missing}
    monkeypatch.setattr(type(state().open_session()), "hello", {"presets": [about]})
    assert request_problem(settings) == missing["image"] and not bpy.ops.mav3d.estimate.poll()
    settings.image_model = "bad/model"
    assert request_problem(settings) == missing["video"]
    with pytest.raises(RuntimeError, match="bad/model is gated"):
        fetch()
    assert state().downloads.status.phase == "" and request_problem(settings)
    settings.image_model = "good/model"
    assert fetch() == {"FINISHED"} and request_problem(settings) == ""
    # The preset's own image model was not asked for.
    settings.image_model = ""
    assert request_problem(settings) == missing["image"]
    assert fetch() == {"FINISHED"}
    assert request_problem(settings) == "" and bpy.ops.mav3d.estimate.poll()
    monkeypatch.setattr(validation, "is_online", lambda: False)
    assert not fetch.poll()
