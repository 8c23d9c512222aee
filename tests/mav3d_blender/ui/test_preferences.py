import sys
from pathlib import Path
from types import SimpleNamespace

import bpy

from mav3d_blender.controller.state import state
from mav3d_blender.setup.check import Line, Report
from mav3d_blender.setup.install import Status
from mav3d_blender.ui.preferences import MAV3D_AP_preferences
from tests.mav3d_blender.ui.layouts import Layout


def drawn(preferences, **changes) -> Layout:
    """The preferences as they look now."""
    cls = MAV3D_AP_preferences
    names = (
        "engine_host", "host_folder", "ssh_config", "engine_python", "device", "jobs_folder", "variant", "advanced",
        "package_index",
    )  # fmt: skip
    values = {name: getattr(preferences, name) for name in names}
    methods = {name: value for name, value in vars(cls).items() if name == "_steps" or name.lstrip("_").startswith("draw")}
    shown = type("Shown", (), methods)()
    vars(shown).update(values | changes | {"layout": Layout()})
    shown.draw(bpy.context)
    return shown.layout


def test_set_up_is_three_steps_with_what_fixes_each(addon, preferences):
    setup = state().setup
    preferences.engine_python = ""
    first = drawn(preferences)
    assert [name for name, *_ in first.buttons] == [
        "mav3d.install_engine", "mav3d.use_python", "mav3d.check_engine", "mav3d.copy_report",
    ]  # fmt: skip
    python, fine = Path(sys.executable), [Line(name, "ok", f"{name} is fine.") for name in ("Engine", "Models", "Device")]
    preferences.engine_python = str(python)
    setup._report = Report(python, tuple(fine), True, "", ("cpu",))
    good = drawn(preferences)
    assert [icon for _, icon in good.texts if icon != "BLANK1"] == ["CHECKMARK"] * 3
    assert [name for name, *_ in good.buttons] == ["mav3d.check_engine", "mav3d.copy_report"]
    setup._report = Report(python, tuple(fine), True, "", ("cpu",), cuda_missing=True)
    name, text, options = drawn(preferences).buttons[0]
    assert (name, text, options.variant) == ("mav3d.install_engine", "Install the CUDA Build", "CUDA")


def test_an_installation_shows_its_progress_and_why_it_failed(addon, preferences):
    setup = state().setup
    running = Status("running", "Looking up torch · waiting for pypi.org, 9 s", 0.2)
    setup._install = SimpleNamespace(poll=lambda: running, checked=None)
    assert "waiting for pypi.org" in drawn(preferences).text
    setup._install = SimpleNamespace(poll=lambda: Status("failed", sentence="pypi.org does not answer."), checked=None)
    assert "does not answer" in drawn(preferences, advanced=True).text
