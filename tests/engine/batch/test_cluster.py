"""A batch over a Ray cluster of two nodes on this machine, one of which is killed."""

import json
import threading
import time

import pytest
import torch

from engine.batch.board import Board
from engine.batch.cluster import work_on_cluster
from engine.batch.entries import Entry, read_entries
from engine.contract.errors import BatchError
from tests.engine.batch.tiny_models import VARIABLE
from tests.engine.cli.launching import FIXED, SHORT, launch
from tests.root import PATIENCE, ROOT

ray = pytest.importorskip("ray", reason="Ray is not installed: requirements/ray.txt")
from ray.cluster_utils import Cluster  # noqa: E402

JOBS = 12
STEPS = {"static_steps": 2, "dynamic_steps": 2, "super_resolution_steps": 1}


@pytest.fixture
def cluster(tiny_models, monkeypatch):
    # Ray gives way to all other processes as a rule: on a busy machine that is to wait for ever.
    monkeypatch.setenv("RAY_worker_niceness", "0")
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    variables = {VARIABLE: str(tiny_models), "PYTHONPATH": str(ROOT), "OMP_WAIT_POLICY": "PASSIVE"}
    hook = "tests.engine.batch.tiny_models.use"
    ray.init(
        address=cluster.address, log_to_driver=False, logging_level="ERROR",
        runtime_env={"env_vars": variables, "worker_process_setup_hook": hook},
    )  # fmt: skip
    yield cluster
    ray.shutdown()
    cluster.shutdown()


def entries_of(tmp_path, rows: list[dict]) -> list[Entry]:
    path = tmp_path / "list.jsonl"
    path.write_text("".join(json.dumps({"topology": "fixed", **STEPS, **row}) + "\n" for row in rows))
    return read_entries(path, {})


def test_a_node_that_dies_costs_no_job_and_no_bit(cluster, tiny_models, tmp_path, monkeypatch):
    # Bits depend on how many threads there are.
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    alone = tmp_path / "alone"
    done = launch(tiny_models, "generate", "a red ball bouncing", "--output", str(alone), *FIXED, *SHORT)
    assert done.returncode == 0, done.stderr
    rows = [{"prompt": "a red ball bouncing", "seed": 4 + number % 2, "name": f"job {number}"} for number in range(JOBS)]
    entries = entries_of(tmp_path, rows)
    board, ended = Board(tmp_path / "out", entries), []
    second = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    killed = threading.Event()

    def hear(entry: Entry, message: dict) -> None:
        if message["type"] in ("result", "error", "cancelled"):
            ended.append((entry.name, message["type"]))
        # While two run.
        if message["type"] == "progress" and len(ended) == 2 and not killed.is_set():
            killed.set()
            cluster.remove_node(second, allow_graceful=False)

    began = time.monotonic()
    threads = torch.get_num_threads()
    work_on_cluster(entries, board, "cpu", 1, hear, lambda: time.monotonic() - began > PATIENCE, "local")
    assert killed.is_set() and threads == torch.get_num_threads()
    assert sorted(ended) == sorted((entry.name, "result") for entry in entries), board.standings
    assert board.counts() == {"finished": JOBS}
    for number in range(JOBS):
        asset = tmp_path / "out" / f"job {number}" / "asset"
        other = alone / "asset" if number % 2 == 0 else tmp_path / "out" / "job 1" / "asset"
        for file in ("mesh.npz", "albedo.png"):
            assert (asset / file).read_bytes() == (other / file).read_bytes()
    assert (tmp_path / "out" / "job 1" / "asset" / "mesh.npz").read_bytes() != (alone / "asset" / "mesh.npz").read_bytes()


def test_a_batch_that_is_stopped_leaves_checkpoints(cluster, tmp_path):
    rows = [{"prompt": "a red ball bouncing", "seed": seed, "static_steps": 100_000} for seed in (1, 2)]
    entries = entries_of(tmp_path, rows)
    board, steps = Board(tmp_path / "out", entries), []

    def hear(entry: Entry, message: dict) -> None:
        steps.append(message.get("step"))

    began = time.monotonic()
    work_on_cluster(entries, board, "cpu", 1, hear, lambda: len(steps) > 3 or time.monotonic() - began > PATIENCE, "local")
    assert board.counts() == {"stopped": 1, "waiting": 1}
    (stopped,) = [each for each in board.standings.values() if each.state == "stopped"]
    assert stopped.sentence.startswith("Stopped in stage static at step")
    assert (tmp_path / "out" / stopped.name / "state.safetensors").is_file()


def test_a_cluster_without_what_a_job_needs_is_one_sentence(cluster, tmp_path):
    entries = entries_of(tmp_path, [{"prompt": "a red ball"}])
    for device, threads, wanted in (("cuda", 1, "1 GPU and 1 CPU"), ("cpu", 4, "4 CPU")):
        with pytest.raises(BatchError, match=f"No node of the cluster has what one job needs .{wanted}"):
            work_on_cluster(entries, Board(tmp_path, entries), device, threads, lambda *all: None, lambda: False, "local")


def test_an_address_without_a_cluster_is_one_sentence(tmp_path):
    entries = entries_of(tmp_path, [{"prompt": "a red ball"}])
    with pytest.raises(BatchError, match="No Ray cluster at 127.0.0.1:1 takes jobs"):
        work_on_cluster(entries, Board(tmp_path, entries), "cpu", 1, lambda *all: None, lambda: False, "127.0.0.1:1")
