from dataclasses import replace

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


def test_another_jobs_folder_lists_its_own_jobs(addon, preferences, tmp_path):
    session = state().open_session()
    job = session.store.new({"prompt": "a ball"}, {})
    preferences.jobs_folder = str(tmp_path / "elsewhere")
    assert state().session is session and "once Blender has been started again" in state().notices.warning
    session.store.put(replace(job, state="DONE"))
    preferences.jobs_folder = str(tmp_path / "elsewhere")
    assert state().session is not session and state().jobs() == []
    assert state().session.store.folder == tmp_path / "elsewhere"
    preferences.jobs_folder = ""
    assert [each.id for each in state().jobs()] == [job.id]
