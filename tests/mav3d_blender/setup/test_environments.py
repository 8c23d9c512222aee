"""Which environments are ours, which is the newest, and that nothing else is ever removed."""

import os

import pytest

from mav3d_blender.setup import environments
from mav3d_blender.setup.environments import Marker, installed, interpreter, needs_update, read_marker, uninstall, write_marker
from mav3d_blender.setup.packages.requirements import SetupError, read_requirements, stamp
from tests.root import PATIENCE


def environment(folder, name, version, complete=True, mark="stamp"):
    path = folder / name
    interpreter(path).parent.mkdir(parents=True)
    interpreter(path).write_text("")
    (path / "lib" / "deep").mkdir(parents=True)
    (path / "lib" / "deep" / "file").write_text("x")
    write_marker(path, Marker(version, "cpu", mark, "3.11.7", complete))
    return path


def test_the_newest_finished_environment_is_the_one(tmp_path):
    assert installed(tmp_path) is None and installed(tmp_path / "none") is None
    environment(tmp_path, "engine-0.9.1", "0.9.1")
    newest = environment(tmp_path, "engine-0.10.0", "0.10.0")
    environment(tmp_path, "engine-0.11.0", "0.11.0", complete=False)
    environment(tmp_path, "engine-0.12.0.part", "0.12.0")
    environment(tmp_path, "engine-0.13.0.old", "0.13.0")
    interpreter(environment(tmp_path, "engine-0.14.0", "0.14.0")).unlink()
    (tmp_path / "engine-0.15.0").mkdir()
    assert installed(tmp_path) == interpreter(newest)


def test_an_update_is_needed_when_the_list_changes(tmp_path):
    wanted = tmp_path / "engine.txt"
    wanted.write_text("torch==2.13.0\n")
    python = interpreter(environment(tmp_path, "engine-1", "1", mark=stamp(read_requirements(wanted))))
    assert not needs_update(python, wanted)
    wanted.write_text("torch==2.14.0\n")
    assert needs_update(python, wanted)
    assert not needs_update(tmp_path / "other" / "bin" / "python", wanted)  # the user's own


def test_uninstalling_removes_ours_whole_and_leaves_the_rest(tmp_path):
    ours = environment(tmp_path, "engine-0.1.0", "0.1.0")
    begun = environment(tmp_path, "engine-0.2.0.part", "0.2.0", complete=False)
    (tmp_path / "engine-0.1.0.log").write_text("log")
    foreign = tmp_path / "engine-mine"
    (foreign / "bin").mkdir(parents=True)
    spoilt = environment(tmp_path, "engine-0.3.0", "0.3.0")
    (spoilt / environments.MARKER).write_text('{"made_by": "somebody"}')
    (tmp_path / "notes.txt").write_text("mine")
    done = uninstall(tmp_path).wait(PATIENCE)
    assert set(done.removed) == {ours, begun}
    assert len(done.stayed) == 2 and "engine-mine" in " ".join(done.stayed)
    assert {path.name for path in tmp_path.iterdir()} == {"engine-mine", "engine-0.3.0", "notes.txt", "engine.lock"}


def test_a_folder_without_an_engine_is_left_alone(tmp_path):
    (tmp_path / "bin").mkdir()
    done = uninstall(tmp_path).wait(PATIENCE)
    assert not done.removed and "no engine" in done.stayed[0]
    assert [path.name for path in tmp_path.iterdir()] == ["bin"]


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_are_not_followed(tmp_path):
    outside = environment(tmp_path / "outside", "engine-5", "5")
    folder = tmp_path / "folder"
    kept = environment(folder, "engine-1", "1")
    os.symlink(outside, folder / "engine-5")
    os.symlink(outside, kept / "lib" / "link")
    assert read_marker(folder / "engine-5") is None
    done = uninstall(folder).wait(PATIENCE)
    assert done.removed == (kept,) and (outside / "lib" / "deep" / "file").exists()


def test_uv_and_its_pythons_go_last_and_stay_where_an_environment_does(tmp_path, monkeypatch):
    ours = environment(tmp_path, "engine-1", "1")
    tools = environment(tmp_path, environments.TOOLS, environments.TOOLS, complete=False)
    assert installed(tmp_path) == interpreter(ours)

    def fail(entry):
        raise OSError(16, "busy")

    with monkeypatch.context() as patched:
        patched.setattr(environments, "_delete", fail)
        done = uninstall(tmp_path).wait(PATIENCE)
    assert not done.removed and tools.exists()
    done = uninstall(tmp_path).wait(PATIENCE)
    assert done.removed == (ours.with_name("engine-1.old"), tools) and not tools.exists()


def test_an_interrupted_removal_is_taken_up(tmp_path, monkeypatch):
    ours = environment(tmp_path, "engine-1", "1")

    def fail(entry):
        raise OSError(16, "busy")

    with monkeypatch.context() as patched:
        patched.setattr(environments, "_delete", fail)
        done = uninstall(tmp_path).wait(PATIENCE)
    assert not done.removed and "busy" in done.stayed[0]
    assert installed(tmp_path) is None and not ours.exists()  # half an environment never looks whole
    assert uninstall(tmp_path).wait(PATIENCE).removed
    assert [path.name for path in tmp_path.iterdir()] == ["engine.lock"]


def test_nothing_is_removed_while_something_is_being_made(tmp_path):
    ours = environment(tmp_path, "engine-1", "1")
    with environments.lock(tmp_path):
        with pytest.raises(SetupError, match="running"):
            uninstall(tmp_path).wait(PATIENCE)
    assert ours.exists()


def test_remove_refuses_what_has_no_marker(tmp_path):
    (tmp_path / "engine-1").mkdir()
    with pytest.raises(PermissionError):
        environments.remove(tmp_path / "engine-1")
    assert (tmp_path / "engine-1").exists()
