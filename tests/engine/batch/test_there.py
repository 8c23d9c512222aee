"""Batches on a host: a real ssh server and a real lasting engine, whose worker is fake."""

import json
import os
import signal

import pytest

from engine.batch.board import Board
from engine.batch.entries import read_entries
from engine.batch.there import work_there
from engine.cli.main import main
from engine.remote.host import Host
from tests.engine.remote.conftest import server
from tests.engine.remote.far import engines, make_far
from tests.engine.remote.test_relay import asset, value
from tests.waiting import until

__all__ = ["server"]


@pytest.fixture
def host(server, tmp_path):
    """Its engine is ended after the test."""
    far = make_far(tmp_path / "far")
    yield Host("far", str(far), str(server.config))
    for pid in engines(far):
        os.kill(pid, signal.SIGTERM)
    until(lambda: not engines(far))


def entries_of(tmp_path, *rows: dict):
    path = tmp_path / "list.jsonl"
    path.write_text("".join(json.dumps({"prompt": "a red ball", "seed": 1, **row}) + "\n" for row in rows))
    return read_entries(path, {})


def test_every_row_is_done_there_and_comes_here_and_what_is_finished_stays(host, tmp_path):
    rows = [{"name": "a", "static_steps": 20}, {"name": "b", "static_steps": 30, "negative_prompt": "fail"}]
    rows.append({"name": "c", "static_steps": 25})
    entries, told = entries_of(tmp_path, *rows), []
    board = Board(tmp_path / "out", entries)
    work_there(entries, board, host, lambda entry, message: told.append((entry.name, message["type"])), lambda: False)
    assert board.counts() == {"finished": 2, "failed": 1}
    assert "There is not enough memory" in board.standings[2].sentence
    assert asset(tmp_path / "out" / "a")["value"] == value(20) and asset(tmp_path / "out" / "c")["value"] == value(25)
    assert [each for each in told if each[1] in ("started", "result", "error")] == [
        ("a", "started"), ("a", "result"), ("b", "started"), ("b", "error"), ("c", "started"), ("c", "result"),
    ]  # fmt: skip
    entries, told = entries_of(tmp_path, rows[0], rows[2]), []
    work_there(entries, Board(tmp_path / "out", entries), host, lambda entry, message: told.append(message), lambda: False)
    assert [each["type"] for each in told] == ["result", "result"]


def test_a_stop_leaves_checkpoints_there_and_the_same_call_goes_on(host, tmp_path):
    rows = {"name": "a", "static_steps": 400}, {"name": "b", "static_steps": 10}
    entries, steps = entries_of(tmp_path, *rows), []
    board = Board(tmp_path / "out", entries)
    work_there(entries, board, host, lambda entry, message: steps.append(message), lambda: len(steps) > 5)
    assert board.counts() == {"stopped": 2} and not (tmp_path / "out" / "a" / "asset").exists()
    board = Board(tmp_path / "out", entries)
    work_there(entries, board, host, lambda entry, message: None, lambda: False)
    assert board.counts() == {"finished": 2}
    assert asset(tmp_path / "out" / "a")["value"] == value(400) and asset(tmp_path / "out" / "b")["value"] == value(10)


def test_a_host_and_a_cluster_are_not_both_to_be_had(tmp_path, capsys):
    (tmp_path / "list.txt").write_text("a red ball\n")
    for more in (["--ray", "local"], ["--threads", "2"]):
        assert main(["batch", str(tmp_path / "list.txt"), "--output", str(tmp_path / "out"), "--host", "far", *more]) == 1
        assert "leave cluster and threads out" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
