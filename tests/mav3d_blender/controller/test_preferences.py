import sys
from pathlib import Path

from mav3d_blender.common import package
from mav3d_blender.controller.preferences import addon_preferences, device, engine_python, environments_folder
from mav3d_blender.setup.environments import Marker, interpreter, write_marker


def test_the_named_python_comes_before_the_installed_one(preferences, tmp_path):
    assert engine_python() == Path(sys.executable)
    preferences.engine_python = "  "
    assert engine_python() is None
    environment = environments_folder() / "engine-0.1.0"
    interpreter(environment).parent.mkdir(parents=True)
    interpreter(environment).touch()
    write_marker(environment, Marker("0.1.0", "cpu", "stamp", "3.11.7", complete=True))
    assert engine_python() == interpreter(environment)
    preferences.engine_python = str(tmp_path)
    assert engine_python() == tmp_path


def test_the_device_is_lower_case_and_the_cpu_without_preferences(preferences, monkeypatch):
    preferences.device = "CUDA"
    assert device() == "cuda"
    monkeypatch.setattr(package, "NAME", "not_installed")
    assert addon_preferences() is None and device() == "cpu"
