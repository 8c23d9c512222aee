"""Another computer in the preferences: what is said of it, and what the session does."""

import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest

from mav3d_blender.client.process.engine_process import relay_command
from mav3d_blender.common.remote import Host, HostError, Line
from mav3d_blender.controller import host_setup
from mav3d_blender.controller.host_setup import HostStatus
from mav3d_blender.controller.preferences import engine_host
from mav3d_blender.controller.state import state
from mav3d_blender.controller.validation import engine_problem, fetch_problem
from mav3d_blender.setup.packages.requirements import SetupError
from mav3d_blender.ui import preferences as drawing


def test_a_host_stands_in_for_a_python(addon, preferences):
    preferences.engine_python = ""
    assert "not set up yet" in engine_problem() and engine_host() is None
    preferences.engine_host, preferences.host_folder, preferences.device = "workstation", "~/mav3d", "CUDA"
    assert engine_problem() == "" and engine_host() == Host("workstation", "mav3d", "", "cuda")
    command = relay_command(Path(sys.executable), engine_host())
    assert command[1:] == ["-P", "-u", "-m", "engine.remote", "relay", "workstation", "mav3d", "cuda", ""]
    assert state().open_session().host == "workstation" and state().host == engine_host()
    bpy.context.scene.mav3d.preset = "open"
    assert fetch_problem(bpy.context.scene.mav3d).startswith("Fetch them on workstation itself: run `python -m engine models")


def test_a_name_that_can_not_be_is_said_and_starts_nothing(addon, preferences):
    preferences.engine_host = "-oProxyCommand=id"
    with pytest.raises(HostError):
        engine_host()
    assert "can't be a host" in engine_problem() and state().open_session().host == ""


def test_another_host_is_used_from_the_next_session_on(addon, preferences):
    session = state().open_session()
    preferences.engine_host = "workstation"
    assert state().session is not session and state().session.host == "workstation"
    job = state().session.store.new({"prompt": "a ball"}, {}, "workstation")
    preferences.engine_host = ""
    assert state().session.host == "workstation" and "once Blender has been started again" in state().notices.warning
    state().session.store.put(replace(job, state="DONE"))


def test_hosts_of_the_ssh_configuration_are_offered(addon, preferences, tmp_path):
    (tmp_path / "config").write_text("Host workstation\nHost *\n")
    preferences.ssh_config = str(tmp_path / "config")
    assert drawing._known_hosts(preferences, bpy.context, "") == ["workstation"]


def test_a_check_and_an_installation_in_the_background(addon, preferences, monkeypatch):
    setup = state().host_setup
    with pytest.raises(SetupError, match="Name the computer"):
        setup.begin_check()
    preferences.engine_host = "workstation"
    lines = [Line("Connection", "ok", "workstation lets you in.")]
    monkeypatch.setattr(host_setup, "check_host", lambda host, stopped: lines)
    assert bpy.ops.mav3d.check_host() == {"FINISHED"} and setup.report == lines
    asked = []

    def install(host, variant, show, stopped, arguments):
        asked.append((host.name, variant, arguments))
        show("Sending 20 MB", 0.1)
        raise HostError("The disk of workstation is full.")

    monkeypatch.setattr(host_setup, "install_there", install)
    preferences.package_index = "https://packages.example/simple"
    setup.begin_install(None)
    setup.wait()
    assert asked == [("workstation", "cpu", ("https://packages.example/simple",))]
    assert setup.status == HostStatus("failed", "Sending 20 MB", 0.1, "The disk of workstation is full.")
    monkeypatch.setattr(host_setup, "install_there", lambda *_, **__: None)
    setup.begin_install(SimpleNamespace(stop_engine=lambda: asked.append("stopped")))
    setup.wait()
    assert asked[-1] == "stopped" and setup.status.state == "done" and setup.report == lines
    preferences.engine_host = "other"
    assert setup.report is None and setup.status is None
