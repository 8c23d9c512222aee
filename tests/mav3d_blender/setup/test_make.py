"""Whole installations of tiny packages by uv, without a network: the real one, and one that stands for it where it fetches a
Python, which it does from a host of its own."""

import json
import os
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from mav3d_blender.setup import environments, make
from mav3d_blender.setup.environments import TOOLS, installed, interpreter, read_marker, uninstall
from mav3d_blender.setup.install import Install
from mav3d_blender.setup.installers import uv
from mav3d_blender.setup.packages.source import Source
from tests.root import PATIENCE

from .conftest import TORCH, base_python, facts, fake_python, follow, make_wheel, on_phase

UV = Path(sys.prefix) / ("Scripts/uv.exe" if os.name == "nt" else "bin/uv")
NO_PIP = [base_python(), "-c", "raise SystemExit('No module named pip')"]
# Hands all on to the real one, but for Python itself, which it pretends to fetch.
FAKE = f"""#!{base_python()}
import json, os, sys
arguments = sys.argv[1:]
with open({{log!r}}, "a") as log:
    log.write(json.dumps(arguments) + "\\n")
if "--managed-python" in arguments:
    {{on_python}}
    print("Downloading cpython-3.11.18-linux-x86_64-gnu (download) (29.4MiB)", file=sys.stderr)
    print(" Downloaded cpython-3.11.18-linux-x86_64-gnu (download)", file=sys.stderr)
    os.makedirs(os.environ["UV_PYTHON_INSTALL_DIR"], exist_ok=True)
    arguments.remove("--managed-python")
    arguments[arguments.index("--python") + 1] = {str(base_python())!r}
os.execv({str(UV)!r}, [{str(UV)!r}, *arguments])
"""
UNREACHABLE = """sys.exit(
    "error: Request failed after 3 retries in 5.8s\\n  cause: Failed to download `https://github.com/astral-sh/python-build-st"
    "andalone/releases/download/20261110/cpython-3.11.18.tar.gz`\\n  cause: client error (Connect)\\n  cause: dns error")"""


@pytest.fixture()
def setting(tmp_path, monkeypatch):
    """A folder to install into, a list of packages, and arguments for wheels made here."""
    if os.name == "nt":
        pytest.skip("needs programs that are scripts")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    for name in [name for name in os.environ if name.startswith(("UV_", "PIP_")) and name != "PIP_CONFIG_FILE"]:
        monkeypatch.delenv(name)
    wanted = tmp_path / "engine.txt"
    wanted.write_text("torch==2.13.0\nlittle==1.6\n")
    wheels = tmp_path / "wheels"
    make_wheel(wheels, "torch", "2.13.0+cpu", TORCH, requires="helper>=1")
    make_wheel(wheels, "helper", "1.0")
    make_wheel(wheels, "little", "1.6")
    return tmp_path / "engines", wanted, Source(arguments=("--no-index", "--find-links", str(wheels)))


@pytest.fixture()
def fake_uv(tmp_path, monkeypatch):
    """A function that makes the uv that is found. on_python: what it does before it fetches a Python."""

    def put(on_python: str = "pass") -> Path:
        path = tmp_path / "uv"
        path.write_text(FAKE.format(log=str(tmp_path / "asked"), on_python=on_python))
        path.chmod(0o755)
        monkeypatch.setattr(uv, "candidates", lambda folder: [path])
        return path

    return put


def asked(tmp_path) -> list[list[str]]:
    return [json.loads(line) for line in (tmp_path / "asked").read_text().splitlines()]


def job_of(setting, base=None, **options):
    folder, wanted, source = setting
    options = {"online": False, "requirements": wanted, "source": source} | options
    return Install(folder, base, options.pop("version", "0.1.0"), **options)


def done(job) -> Path:
    job.start()
    status = follow(job)[-1]
    assert status.state == "done", job.report()
    return status.python


def test_an_environment_is_made_without_a_python_of_the_user_s(setting, fake_uv, tmp_path):
    folder = setting[0]
    fake_uv()
    job, phases = job_of(setting), []
    on_phase(job, phases.append)
    job.start()
    seen = follow(job)
    python = seen[-1].python
    assert seen[-1].state == "done", job.report()
    assert python == installed(folder) == interpreter(folder / "engine-0.1.0") and job.checked.ok
    made = next(arguments for arguments in asked(tmp_path) if "venv" in arguments)
    assert made[:2] == ["venv", "--no-project"] and made[made.index("--python") + 1] == "3.11" and "--managed-python" in made
    said = subprocess.run([python, "-c", "import torch, little, helper; print(torch.__file__)"], capture_output=True, text=True)
    assert str(folder / "engine-0.1.0") in said.stdout
    # Python's own compiling is done: the engine is run by processes that write nothing.
    assert list((folder / "engine-0.1.0").glob("lib/python*/site-packages/__pycache__/torch*.pyc"))
    assert [status.fraction for status in seen] == sorted(status.fraction for status in seen)
    assert "Making the environment" in phases
    # What it took to make is gone; what it is made from stays, and goes with it.
    assert {path.name for path in folder.iterdir()} == {"engine-0.1.0", "engine-0.1.0.log", TOOLS, "engine.lock"}
    assert {path.name for path in (folder / TOOLS).iterdir()} == {"python", environments.MARKER}
    assert uninstall(folder).wait(PATIENCE).removed == (folder / "engine-0.1.0", folder / TOOLS)
    assert {path.name for path in folder.iterdir()} == {"engine.lock"}


def test_where_its_python_is_out_of_reach_one_that_was_found_does_and_the_log_says_so(setting, fake_uv, tmp_path):
    fake_uv(UNREACHABLE)
    job = job_of(setting, base_python())
    done(job)
    said = job.log.read_text("utf-8")
    assert "github.com, where Python itself comes from, can't be reached" in said and f"({base_python()}) is used" in said
    ways = [arguments for arguments in asked(tmp_path) if "venv" in arguments]
    assert "--managed-python" in ways[0] and ways[1][ways[1].index("--python") + 1] == str(base_python())
    assert read_marker(setting[0] / "engine-0.1.0").python == ".".join(map(str, sys.version_info[:3]))


def test_where_no_python_is_to_be_had_at_all_it_says_what_to_do(setting, fake_uv):
    fake_uv(UNREACHABLE)
    job = job_of(setting)
    job.start()
    status = follow(job)[-1]
    assert status.state == "failed" and installed(setting[0]) is None
    assert "github.com, where Python itself comes from, can't be reached: let it through, or install Python" in status.sentence


def test_a_failed_installation_is_taken_up(setting, fake_uv, tmp_path):
    folder = setting[0]
    fake_uv()
    wheel = tmp_path / "wheels" / "little-1.6-py3-none-any.whl"
    wheel.rename(tmp_path / "little")
    job = job_of(setting)
    job.start()
    status = follow(job)[-1]
    assert status.state == "failed" and "little was not found" in status.sentence
    assert installed(folder) is None and not read_marker(folder / "engine-0.1.0.part").complete
    (folder / "engine-0.1.0.part" / "kept").touch()
    (tmp_path / "little").rename(wheel)
    done(job_of(setting))
    assert (folder / "engine-0.1.0" / "kept").exists()


def test_cancelling_while_python_is_fetched_ends_uv_and_leaves_nothing(setting, fake_uv, tmp_path):
    process = tmp_path / "process"
    fake_uv(
        f"import time; print('Downloading cpython-3.11.18-linux (download) (29.4MiB)', file=sys.stderr, flush=True); "
        f"open({str(process)!r}, 'w').write(str(os.getpid())); time.sleep(10000)"
    )
    job = job_of(setting)
    job.start()
    follow(job, lambda status: status.phase == "Downloading Python (31 MB)")
    job.cancel()
    assert job.poll().state in ("cancelling", "cancelled")
    assert follow(job)[-1].state == "cancelled"
    with pytest.raises(ProcessLookupError):
        os.kill(int(process.read_text()), 0)
    assert not setting[0].exists()


def test_cancelling_keeps_the_python_that_another_environment_is_made_from(setting, fake_uv, tmp_path):
    folder = setting[0]
    fake_uv()
    kept = done(job_of(setting))
    fake_uv("import time; print('Downloading cpython-3.11.18-linux (download) (29.4MiB)', flush=True); time.sleep(10000)")
    job = job_of(setting, version="0.2.0")
    job.start()
    follow(job, lambda status: status.phase.startswith("Downloading Python"))
    job.cancel()
    assert follow(job)[-1].state == "cancelled"
    assert installed(folder) == kept and (folder / TOOLS / "python").is_dir()
    assert {path.name for path in folder.iterdir()} == {"engine-0.1.0", "engine-0.1.0.log", TOOLS, "engine.lock"}


@pytest.mark.parametrize("swallows", [True, False])
def test_an_index_that_does_not_answer_is_named(setting, fake_uv, swallows):
    fake_uv()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        if not swallows:
            silent.close()
        job = job_of(setting, online=True, source=Source(f"http://{address}/simple", seconds=1.0, tries=2))
        job.start()
        status = follow(job)[-1]
    words = "does not answer" if swallows else "can't be reached"
    assert status.state == "failed" and f"{address} {words}" in status.sentence and "HTTPS_PROXY" in status.sentence
    assert "Request failed after 1 retry" in job.log.read_text("utf-8")


def uv_wheel(folder: Path, program: Path) -> None:
    """What the index has: a wheel with a program in it."""
    wheel = make_wheel(folder, "uv", uv.FETCHED.version)
    with zipfile.ZipFile(wheel, "a") as archive:
        entry = zipfile.ZipInfo(f"uv-{uv.FETCHED.version}.data/scripts/uv")
        entry.external_attr = 0o100755 << 16
        archive.writestr(entry, program.read_bytes())


def test_uv_is_fetched_where_it_is_not_there_and_is_there_the_next_time(setting, fake_uv, tmp_path, monkeypatch):
    uv_wheel(tmp_path / "wheels", fake_uv())
    monkeypatch.setattr(uv, "candidates", uv.fetched)
    folder = setting[0]
    done(job_of(setting))
    assert uv.find_uv(folder) in uv.fetched(folder) and "managed-python" in str(asked(tmp_path))
    assert not (folder / TOOLS / "tmp").exists() and not (folder / TOOLS / "cache").exists()
    monkeypatch.setattr(uv, "fetch_command", lambda *_: NO_PIP)
    (tmp_path / "asked").unlink()
    done(job_of(setting, version="0.2.0"))
    assert asked(tmp_path)


def test_pip_of_ensurepip_fetches_it_where_there_is_no_other(setting, fake_uv, tmp_path, monkeypatch):
    """As Blender's own Python may have it."""
    uv_wheel(tmp_path / "wheels", fake_uv())
    subprocess.run([base_python(), "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    bare = interpreter(tmp_path / "bare")
    assert subprocess.run([bare, "-m", "pip", "--version"], capture_output=True).returncode != 0
    monkeypatch.setattr(uv, "candidates", uv.fetched)
    monkeypatch.setattr(make.sys, "executable", str(bare))
    done(job_of(setting))
    assert uv.find_uv(setting[0]) is not None
    assert subprocess.run([bare, "-m", "pip", "--version"], capture_output=True).returncode != 0


@pytest.mark.parametrize("content", [None, b"#!/bin/sh\necho uv 0.1.2\n"])
def test_where_uv_can_not_be_had_or_does_not_run_pip_does_it(setting, fake_uv, tmp_path, monkeypatch, content):
    if content is not None:
        (tmp_path / "program").write_bytes(content)
        uv_wheel(tmp_path / "wheels", tmp_path / "program")
    monkeypatch.setattr(uv, "candidates", uv.fetched)
    folder = setting[0]
    job = job_of(setting, base_python())
    python = done(job)
    assert subprocess.run([python, "-m", "pip", "--version"], capture_output=True).returncode == 0
    said = job.log.read_text("utf-8")
    assert ("uv was fetched, but does not run here" if content else "uv can't be had here. uv was not found") in said
    assert {path.name for path in folder.iterdir()} == {"engine-0.1.0", "engine-0.1.0.log", "engine.lock"}


def test_an_index_that_does_not_answer_for_uv_is_not_asked_for_the_rest(setting, monkeypatch):
    monkeypatch.setattr(uv, "candidates", uv.fetched)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        job = job_of(setting, base_python(), online=True, source=Source(f"http://{address}/simple", seconds=0.5, tries=2))
        job.start()
        status = follow(job)[-1]
    assert status.state == "failed" and f"{address} does not answer" in status.sentence
    assert "torch" not in job.log.read_text("utf-8")
    assert {path.name for path in setting[0].iterdir()} == {"engine-0.1.0.log", "engine.lock"}


def test_a_folder_of_the_same_name_that_is_not_ours_stays(setting, fake_uv):
    fake_uv()
    (setting[0] / TOOLS).mkdir(parents=True)
    (setting[0] / TOOLS / "mine").touch()
    job = job_of(setting)
    job.start()
    status = follow(job)[-1]
    assert status.state == "failed" and f"{setting[0] / TOOLS} is in the way" in status.sentence
    assert (setting[0] / TOOLS / "mine").exists()


def test_a_base_that_can_not_carry_it_is_refused_before_anything_is_made(setting, fake_uv, tmp_path):
    fake_uv()
    job = job_of(setting, fake_python(tmp_path / "old", {"interpreter": facts(version=[3, 8, 10])}))
    job.start()
    assert "needs 3.11 to 3.13" in follow(job)[-1].sentence and not setting[0].exists()


def test_pip_is_run_without_settings_that_send_packages_elsewhere(monkeypatch, tmp_path):
    for name in ("PYTHONPATH", "PYTHONHOME", "PYTHONWARNINGS", "PIP_TARGET", "PIP_PREFIX"):
        monkeypatch.setenv(name, "elsewhere")
    kept = {"PIP_INDEX_URL": "https://mirror/simple", "PIP_CERT": "/a.pem", "HTTPS_PROXY": "http://proxy:1", "no_proxy": "x"}
    for name, value in kept.items():
        monkeypatch.setenv(name, value)
    environ = make.pip_environment(tmp_path)
    assert kept.items() <= environ.items() and "elsewhere" not in environ.values() and environ["TMPDIR"] == str(tmp_path)
