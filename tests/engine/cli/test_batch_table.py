import io
import sys

import pytest

from engine.batch.board import Board
from engine.batch.entries import Entry
from engine.cli.batch_table import BatchTable
from engine.cli.console import Console
from engine.contract import protocol
from engine.contract.request import Request

LONG = "a-name-that-is-longer-than-the-column-of-names"
ENTRIES = [Entry(row, name, "a ball", Request("a ball")) for row, name in enumerate(("one", "two", LONG), 1)]


class Terminal(io.StringIO):
    """A terminal that knows two moves: up so many lines, and erasing what is below."""

    def isatty(self) -> bool:
        return True

    def lines(self) -> list[str]:
        shown: list[str] = []
        first, *rest = self.getvalue().split("\033[")
        shown += first.split("\n")[:-1]
        for part in rest:
            if part.startswith("J"):
                shown += part[1:].split("\n")[:-1]
            else:
                del shown[len(shown) - int(part[: part.index("F")]) :]
        return shown


@pytest.fixture
def board(tmp_path) -> Board:
    return Board(tmp_path, ENTRIES)


def run(board: Board, table: BatchTable) -> None:
    for entry in ENTRIES:
        board.begin(entry.row)
        table.hear(entry, protocol.started({"prompt": "a ball", "seed": 0}))
        for step in range(1, 6):
            table.hear(entry, protocol.progress("static", step, 5, 3.0, {}))


def test_a_terminal_has_a_line_for_each_job_drawn_over_itself(board, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    table = BatchTable(Console(), board)
    run(board, table)
    shown = terminal.lines()
    assert len(shown) == 4 and shown[3] == "3 running"
    assert shown[0].split() == ["one", "static", f"[{'#' * 20}]", "5/5", "3", "s", "left"]
    assert shown[2].startswith("a-name-that-is-longer-than-the-colu… static")
    board.end(2, protocol.error("diverged", "It diverged."))
    table.hear(ENTRIES[1], protocol.error("diverged", "It diverged."))
    shown = terminal.lines()
    assert shown[0].split(maxsplit=1) == ["two", "failed. It diverged."] and shown[-1] == "2 running, 1 failed"
    table.close()
    assert [line.split()[0] for line in terminal.lines()] == ["two"]


def test_elsewhere_each_job_has_a_line_where_it_begins_and_where_it_ends(board, monkeypatch, capsys):
    table = BatchTable(Console(), board)
    run(board, table)
    board.end(1, protocol.result("asset", "Look at it."))
    table.hear(ENTRIES[0], protocol.result("asset"))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(maxsplit=1)[1] for line in lines] == ["begins", "begins", "begins", "finished. Look at it."]


def test_messages_name_their_jobs(board, capsys):
    BatchTable(Console(json=True), board).hear(ENTRIES[0], protocol.progress("static", 1, 5, 3.0, {}))
    assert protocol.decode(capsys.readouterr().out)["job"] == "one"
