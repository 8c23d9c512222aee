"""`--host`: the command line here, a real engine with tiny models behind a real ssh server."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.cli.on_host import check_asset_folder
from engine.contract.errors import RequestError
from engine.remote.mirror import job_name
from tests.engine.cli.launching import FIXED, SHORT, launch, messages
from tests.engine.remote.conftest import server
from tests.engine.remote.far import engines, make_far
from tests.root import ROOT
from tests.waiting import until

__all__ = ["server"]


@pytest.fixture
def options(server, tmp_path, tiny_models):
    """What names the host; its engine is ended after the test."""
    far = make_far(tmp_path / "far", tiny_models)
    yield ["--host", "far", "--host-folder", str(far), "--ssh-config", str(server.config)]
    for pid in engines(far):
        os.kill(pid, signal.SIGTERM)
    until(lambda: not engines(far))


def check_same(one: Path, other: Path) -> None:
    """Two assets are the same, but for sums that another number of threads adds in another order."""
    for name in ("albedo.png", "preview.png"):
        assert (one / name).read_bytes() == (other / name).read_bytes()
    with np.load(one / "mesh.npz", allow_pickle=False) as first, np.load(other / "mesh.npz", allow_pickle=False) as second:
        assert first.files == second.files
        for name in first.files:
            assert np.allclose(first[name], second[name], atol=1e-5), name


def test_a_job_on_a_host_has_the_same_result_as_here(options, finished, tiny_models, tmp_path):
    here, _ = finished
    output = tmp_path / "job"
    command = ["generate", "a red ball bouncing", "--output", str(output), *FIXED, *SHORT]
    done = launch(tiny_models, *command, *options, "--json")
    assert done.returncode == 0, done.stderr
    told = messages(done)
    assert [each["type"] for each in told if each["type"] not in ("progress", "preview", "gate")] == [
        "hello", "queued", "started", "result",
    ]  # fmt: skip
    assert told[-1]["path"] == str(output / "asset")
    check_same(output / "asset", here / "asset")
    assert not (output / "state.safetensors").exists()
    again = launch(tiny_models, *command, *options)
    assert again.returncode == 0 and "Already finished" in again.stdout
    other = launch(tiny_models, "generate", "a blue cube", "--output", str(output), *options)
    assert other.returncode == 1 and "holds another job" in other.stderr
    alone = launch(tiny_models, "resume", str(output), "--super-resolution-steps", "2")
    assert alone.returncode == 1 and "The job in" in alone.stderr and "is on far" in alone.stderr
    assert "Add --host far." in alone.stderr and len(alone.stderr.strip().splitlines()) == 1
    more = launch(tiny_models, "resume", str(output), "--super-resolution-steps", "2", *options)
    assert more.returncode == 0 and "Asset:" in more.stdout, more.stderr
    # The settings that changed come here with the end; two steps are over too soon to be told of on the way.
    assert json.loads((output / "job.2.json").read_text())["request"]["super_resolution_steps"] == 2
    assert json.loads((output / "asset" / "asset.json").read_text())["revision"] == 2


def test_a_host_that_can_not_be_is_one_sentence(tmp_path, tiny_models):
    for name in ("-oProxyCommand=touch x", "two words"):
        done = launch(tiny_models, "generate", "a red ball", "--output", str(tmp_path / "job"), f"--host={name}")
        assert done.returncode == 1 and "can't be a host" in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "job").exists()


def test_a_check_says_what_a_host_lacks(server, tmp_path):
    options = ["--ssh-config", str(server.config)]

    def check(*arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", "engine", "host", "check", *arguments, *options], capture_output=True, text=True, cwd=ROOT
        )

    none = check("far", "--host-folder", str(tmp_path / "none"))
    assert none.returncode == 1
    assert none.stdout.splitlines()[0] == "Connection: far lets you in." and "There is no engine on far" in none.stdout
    nobody = check("stranger")
    assert nobody.stdout.startswith("Connection: stranger lets you in with none of your keys") and nobody.returncode == 1
    far = make_far(tmp_path / "far")
    fine = check("far", "--host-folder", str(far))
    lines = dict(line.split(": ", 1) for line in fine.stdout.splitlines())
    assert set(lines) == {"Connection", "Engine", "Device", "Disk"}, fine.stderr
    assert lines["Engine"].startswith("Version 0.1.0, Python 3.") and "torch 2." in lines["Engine"]
    assert "MB free in" in lines["Disk"]


def test_a_folder_is_the_same_job_there_each_time_unless_it_is_to_be_another(tmp_path):
    folder = tmp_path / "my job!"
    assert job_name(folder) == job_name(folder) != job_name(tmp_path / "other") and job_name(folder).startswith("my-job-")
    assert job_name(folder, anew=True) != job_name(folder)
    folder.mkdir()
    (folder / "remote.json").write_text(json.dumps({"host": "far", "folder": "x", "job": "noted-1"}))
    assert job_name(folder) == "noted-1" != job_name(folder, anew=True)


def test_an_asset_replaces_nothing_unasked(tmp_path):
    check_asset_folder(tmp_path / "none", overwrite=False)
    with pytest.raises(RequestError, match="exists"):
        check_asset_folder(tmp_path, overwrite=False)
    check_asset_folder(tmp_path, overwrite=True)
    (tmp_path / "thesis.txt").write_text("")
    with pytest.raises(RequestError, match="something else"):
        check_asset_folder(tmp_path, overwrite=True)
