"""Whole installations of tiny packages without a network, by the real venv and pip; by uv in test_make.py."""

import os
import shutil
import socket
import subprocess
from collections import namedtuple

import pytest

from mav3d_blender.setup import environments, place
from mav3d_blender.setup.environments import installed, interpreter, needs_update, read_marker, uninstall
from mav3d_blender.setup.install import Install
from mav3d_blender.setup.installers import uv
from mav3d_blender.setup.packages.source import Source
from tests.root import PATIENCE

from .conftest import TORCH, base_python, facts, fake_python, follow, make_wheel, on_phase

Usage = namedtuple("Usage", "total used free")


@pytest.fixture()
def setting(tmp_path, monkeypatch):
    """A folder to install into, a list of packages, and pip's arguments for wheels made here."""
    # Whatever else is on this machine, there is no uv and none can be had.
    monkeypatch.setattr(uv, "candidates", uv.fetched)
    monkeypatch.setattr(uv, "fetch_command", lambda *_: [base_python(), "-c", "raise SystemExit('No module named pip')"])
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_TARGET", str(tmp_path / "elsewhere"))  # a user's own setting that must not send packages away
    wanted = tmp_path / "engine.txt"
    wanted.write_text("torch==2.13.0\nlittle==1.6\n")
    wheels = tmp_path / "wheels"
    make_wheel(wheels, "torch", "2.13.0+cpu", TORCH, requires="helper>=1")
    make_wheel(wheels, "helper", "1.0")
    return tmp_path / "engines", wanted, Source(arguments=("--no-index", "--find-links", str(wheels)))


def make(setting, **options):
    folder, wanted, source = setting
    options = {"online": False, "requirements": wanted, "source": source} | options
    return Install(folder, options.pop("base", base_python()), options.pop("version", "0.1.0"), **options)


def test_a_failed_installation_is_taken_up_replaced_and_removed(setting):
    folder, wanted, _ = setting
    part = folder / "engine-0.1.0.part"

    job = make(setting)
    job.start()
    status = follow(job)[-1]
    assert status.state == "failed" and "little was not found" in status.sentence
    assert installed(folder) is None and not read_marker(part).complete
    assert "No matching distribution found for little" in job.report() and "System: " in job.report()
    before = interpreter(part).lstat().st_mtime_ns
    interrupted = next(part.glob("**/site-packages")) / "helper-1.0.dist-info"  # as a killed pip leaves one
    interrupted.mkdir()
    (interrupted / "METADATA").write_text("Metadata-Version: 2.1\nName: helper\nVersion: 1.0\n")

    make_wheel(folder.parent / "wheels", "little", "1.6")
    job, phases = make(setting), []
    on_phase(job, phases.append)
    job.start()
    seen = follow(job)
    python = seen[-1].python
    assert (seen[-1].state, seen[-1].fraction) == ("done", 1.0), job.report()
    assert job.checked.ok and job.checked.python == python and job.checked.devices == ("cpu",)
    assert python == installed(folder) == interpreter(folder / "engine-0.1.0")
    assert python.lstat().st_mtime_ns == before  # the same environment
    assert [status.fraction for status in seen] == sorted(status.fraction for status in seen)
    assert {"Making the environment", "Checking"} <= set(phases)
    said = subprocess.run([python, "-c", "import torch, little, helper; print(torch.__file__)"], capture_output=True, text=True)
    assert str(folder / "engine-0.1.0") in said.stdout
    assert not part.exists() and not (folder / "engine-0.1.0" / "tmp").exists() and not (folder.parent / "elsewhere").exists()
    assert "all 2 packages" in job.log.read_text("utf-8")

    make_wheel(folder.parent / "wheels", "little", "1.7")
    wanted.write_text("torch==2.13.0\nlittle==1.7\n")
    assert needs_update(python, wanted)
    job = make(setting)
    job.start()
    assert follow(job)[-1].state == "done", job.report()
    assert not needs_update(installed(folder), wanted)
    assert {path.name for path in folder.iterdir()} == {"engine-0.1.0", "engine-0.1.0.log", "engine.lock"}

    (folder / "mine").mkdir()
    assert uninstall(folder).wait(PATIENCE).removed == (folder / "engine-0.1.0",)
    assert {path.name for path in folder.iterdir()} == {"mine", "engine.lock"}


def test_cancelling_midway_ends_pip_and_leaves_nothing(setting):
    folder, _, _ = setting
    with socket.create_server(("127.0.0.1", 0)) as silent:  # an index that takes a call and never answers
        job = make(setting, online=True, source=Source(f"http://127.0.0.1:{silent.getsockname()[1]}/simple"))
        job.start()
        follow(job, lambda status: status.phase.startswith("Looking up") or status.fraction >= 0.05)
        silent.settimeout(PATIENCE)
        call, _ = silent.accept()  # pip is waiting for an answer now
        job.cancel()
        assert job.poll().state in ("cancelling", "cancelled")
        assert follow(job)[-1].state == "cancelled"
        call.settimeout(PATIENCE)
        while call.recv(4096):  # it hung up: nobody is left
            pass
        call.close()
    assert not folder.exists()


@pytest.mark.parametrize("swallows", [True, False])
def test_an_index_that_does_not_answer_is_asked_as_often_as_is_said_and_named(setting, swallows):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        if not swallows:
            silent.close()
        job = make(setting, online=True, source=Source(f"http://{address}/simple", seconds=1.0, tries=2))
        job.start()
        seen = follow(job)
    said = job.log.read_text("utf-8")
    # The second time is the last.
    assert said.count("Retrying (Retry(total=0,") == 1 and "total=1" not in said
    assert not swallows or "timeout=1.0" in said
    assert seen[-1].state == "failed"
    words = "does not answer" if swallows else "can't be reached"
    assert f"{address} {words}" in seen[-1].sentence and "HTTPS_PROXY" in seen[-1].sentence
    assert "package index that answers under Advanced in the preferences" in seen[-1].sentence


def test_an_index_beside_another_does_not_hold_up_every_package(setting):
    folder, wanted, source = setting
    for number in range(6):
        make_wheel(folder.parent / "wheels", f"more{number}", "1.0")
    wanted.write_text("torch==2.13.0\n" + "".join(f"more{number}==1.0\n" for number in range(6)))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        arguments = (*source.arguments[1:], "--index-url", f"http://{address}/simple")
        job = make(setting, online=True, source=Source(arguments=arguments, seconds=0.5, tries=2))
        job.start()
        status = follow(job)[-1]
    assert status.state == "failed" and f"{address} does not answer" in status.sentence
    said = job.log.read_text("utf-8")
    assert "more5" not in said and "torch" in said


def test_pips_own_settings_are_the_users(setting, monkeypatch):
    folder, _, source = setting
    # A whole installation from where pip's own file says, of whatever build is there.
    make_wheel(folder.parent / "wheels", "little", "1.6")
    (folder.parent / "pip.conf").write_text(f"[global]\nno-index = true\nfind-links = {source.arguments[2]}\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(folder.parent / "pip.conf"))
    job = make(setting, online=True, source=Source())
    job.start()
    assert follow(job)[-1].state == "done", job.report()


def test_an_index_that_is_no_address(setting):
    assert "is no address" in refused(make(setting, online=True, source=Source("mirror.example")))


def test_cancelling_keeps_the_engine_that_is_there(setting):
    folder, _, _ = setting
    kept = folder / "engine-0.1.0"
    interpreter(kept).parent.mkdir(parents=True)
    interpreter(kept).write_text("")
    environments.write_marker(kept, environments.Marker("0.1.0", "cpu", "x", "3.11.7", True))
    job = make(setting)
    on_phase(job, lambda phase: phase == "Making the environment" and job.cancel())
    job.start()
    assert follow(job)[-1].state == "cancelled"
    assert {path.name for path in folder.iterdir()} == {"engine-0.1.0", "engine.lock"} and installed(folder)


def refused(job):
    job.start()
    status = job.wait(PATIENCE)
    assert status.state == "failed"
    assert not any(job.folder.glob("*.part/bin")) if job.folder.is_dir() else True
    return status.sentence


def test_nothing_is_fetched_where_blender_may_not_go_online(setting):
    assert "may not go online" in refused(make(setting, source=Source()))
    assert not setting[0].exists()


def test_a_base_that_can_not_carry_it(setting, tmp_path):
    assert "no file" in refused(make(setting, base=tmp_path / "none"))
    old = fake_python(tmp_path / "old", {"interpreter": facts(version=[3, 8, 10])})
    assert "needs 3.11 to 3.13" in refused(make(setting, base=old))
    assert not setting[0].exists()


def test_where_there_is_neither_uv_nor_a_python_it_says_where_to_get_one(setting):
    job = make(setting, base=None)
    sentence = refused(job)
    assert "No Python 3.11 to 3.13 was found on this machine" in sentence and "Base: none" in job.report()
    # Nothing of what was tried stays but what it said.
    assert {path.name for path in setting[0].iterdir()} == {"engine-0.1.0.log", "engine.lock"}


def test_a_full_disk_is_noticed_first(setting, monkeypatch):
    monkeypatch.setattr(place.shutil, "disk_usage", lambda path: Usage(10**12, 10**12, 10**9))
    assert "needs 2.2 GB" in refused(make(setting))
    assert "needs 9.0 GB" in refused(make(setting, variant="cuda"))
    assert not setting[0].exists()


def test_what_is_in_the_way_stays(setting):
    for name in ("engine-0.1.0", "engine-0.1.0.part"):
        (setting[0] / name).mkdir(parents=True)
        (setting[0] / name / "mine").write_text("x")
        assert "in the way" in refused(make(setting))
        assert (setting[0] / name / "mine").read_text() == "x"
        shutil.rmtree(setting[0] / name)


def test_two_at_once_in_one_folder(setting):
    with environments.lock(setting[0]):
        assert "running" in refused(make(setting))


def test_wrong_names(setting):
    assert "no version" in refused(make(setting, version="../x"))
    assert "no variant" in refused(make(setting, variant="tpu"))


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everything can be written to")
def test_a_folder_that_can_not_be_written_to(setting, tmp_path):
    (tmp_path / "closed").mkdir(mode=0o500)
    assert "can't be written to" in refused(make((tmp_path / "closed" / "engines", *setting[1:])))


def test_a_file_where_the_folder_should_be(setting, tmp_path):
    (tmp_path / "file").write_text("x")
    assert "is a file" in refused(make((tmp_path / "file" / "engines", *setting[1:])))


def test_the_report_hides_passwords(setting):
    job = make(setting)
    job.log.parent.mkdir()
    job.log.write_text("Looking in indexes: https://me:secret@mirror.example/simple\n")
    assert "secret" not in job.report() and "https://***@mirror.example" in job.report()
