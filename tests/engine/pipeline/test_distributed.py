"""Several processes that share one job, over gloo on this machine."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from engine.contract.errors import RanksError
from engine.job.folder import JobFolder, Progress
from engine.pipeline import run
from engine.pipeline.distributed import joined, leads
from engine.ranks import ALONE
from tests.engine.pipeline import ranks_program
from tests.root import PATIENCE, ROOT


def together(what: str, folder: Path, size: int = 2) -> list[tuple[int, str]]:
    """The exit codes and last words of `size` processes that do `what`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(size), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.engine.pipeline.ranks_program", what, str(folder)]
    processes = [
        subprocess.Popen(
            command, env={**os.environ, **place, "RANK": str(rank), "LOCAL_RANK": str(rank), "OMP_WAIT_POLICY": "PASSIVE"},
            cwd=ROOT, stderr=subprocess.PIPE, text=True,
        )
        for rank in range(size)
    ]  # fmt: skip
    try:
        words = [process.communicate(timeout=PATIENCE)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    return [(process.returncode, each) for process, each in zip(processes, words, strict=True)]


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def restored(monkeypatch):
    for name in ("load_stage_models", "resolve_folder", "export_asset", "take_step", "SAVE_EVERY_SECONDS"):
        monkeypatch.setattr(run, name, getattr(run, name))


def test_two_have_the_gradients_metrics_and_draws_of_one(tmp_path):
    ended = together("gradients", tmp_path)
    assert [code for code, _ in ended] == [0, 0], ended
    alone, two = ranks_program.gradients(ALONE), load_file(tmp_path / "gradients.safetensors")
    assert alone.keys() == two.keys() and {name.partition(":")[0] for name in alone} == set(ranks_program.cases())
    assert all(alone[f"{name}: space.0"].norm() > 0 for name in ("static", "small chunks"))
    for name, value in alone.items():
        assert float((two[name] - value).norm()) <= 1e-5 * float(value.norm()), name


@pytest.mark.usefixtures("restored")
def test_a_rank_that_dies_ends_all_with_one_sentence_and_another_number_goes_on(tmp_path):
    (first, said), (second, _) = together("die", tmp_path)
    assert second == 9 and first == 1
    assert "ranks: Another of the processes that share this job has ended" in said and "Traceback" not in said
    folder = JobFolder(tmp_path / "job")
    assert folder.progress() == Progress("dynamic", ranks_program.DIES_AT)
    with safe_open(folder.checkpoints()[0], "pt") as file:
        assert file.metadata()["ranks"] == "2"
    events = [json.loads(line) for line in folder.events.read_text().splitlines()]
    assert [each.get("ranks") for each in events if each["type"] == "started"] == [2]
    # One goes on where two were; 50 steps in all are those of one alone.
    ranks_program.run_job(folder.path, ALONE)
    assert folder.progress() == Progress("dynamic", ranks_program.DYNAMIC.steps)
    ranks_program.run_job(tmp_path / "alone", ALONE)
    difference = ranks_program.images(folder.path) - ranks_program.images(tmp_path / "alone")
    assert float(difference.square().mean().sqrt()) < 1e-3


@pytest.mark.usefixtures("restored")
def test_two_go_on_where_one_was(tmp_path):
    whole = tmp_path / "alone"
    ranks_program.run_job(whole, ALONE)
    folder = tmp_path / "job"
    with pytest.raises(Killed):
        killed_at(folder, 20)
    assert [code for code, _ in together("run", tmp_path)] == [0, 0]
    assert JobFolder(folder).progress() == Progress("dynamic", ranks_program.DYNAMIC.steps)
    difference = ranks_program.images(folder) - ranks_program.images(whole)
    assert float(difference.square().mean().sqrt()) < 1e-3


class Killed(Exception):
    pass


def killed_at(folder: Path, step: int) -> None:
    """Runs the job alone until it is killed before a step of the dynamic stage."""
    take_step = ranks_program.take_step

    def killed(state, stage, number, *rest):
        if (stage, number) == ("dynamic", step):
            raise Killed
        return take_step(state, stage, number, *rest)

    ranks_program.take_step = killed
    try:
        ranks_program.run_job(folder, ALONE)
    finally:
        ranks_program.take_step = take_step


def test_whoever_was_not_started_by_torchrun_is_alone(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with joined(torch.device("cpu")) as (share, device):
        assert share == ALONE and device == torch.device("cpu") and leads()


def test_others_that_do_not_come_are_one_sentence(monkeypatch):
    for name, value in {"WORLD_SIZE": "2", "RANK": "1", "LOCAL_RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("MASTER_ADDR", raising=False)
    with pytest.raises(RanksError, match="The 2 processes of the job did not find one another"), joined(torch.device("cpu")):
        pass
