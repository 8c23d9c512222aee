from mav3d_blender.controller.state import close_state, state


def test_a_damaged_job_file_is_reported(addon, tmp_path):
    folder = tmp_path / "user" / "jobs"
    folder.mkdir()
    (folder / "20261125-000000-aa00.json").write_text("{")
    assert state().session is None and state().jobs() == []
    assert state().open_session() is state().open_session()
    assert "can't be read" in state().notices.warning


def test_before_the_session_the_panel_has_something_to_show(addon):
    current = state()
    assert (current.engine_text, current.engine_running, current.presets()) == ("Not started", False, [])
    close_state()
    assert state() is not current
