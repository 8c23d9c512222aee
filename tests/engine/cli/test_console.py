"""What a console can't take costs the line and not the work."""

import io
import os
import subprocess
import sys

import pytest

from engine.cli.console import Console, duration
from engine.contract import protocol
from tests.root import PATIENCE, ROOT

PROGRESS = protocol.progress("super_resolution", 3, 30, 65, {})


def printed(monkeypatch, encoding: str, *messages) -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    for message in messages:
        Console().emit(message)
    stream.flush()
    return stream.buffer.getvalue().decode(encoding)


def test_progress_is_a_line_now_and_then(monkeypatch):
    assert printed(monkeypatch, "utf-8", PROGRESS) == "super-resolution  [##                  ]    3/30  1 min 05 s left\n"
    assert printed(monkeypatch, "utf-8", {**PROGRESS, "step": 4}) == ""


def test_a_gate_says_what_it_found_and_nothing_where_all_is_well(monkeypatch):
    assert printed(monkeypatch, "utf-8", protocol.gate("static", 9, {}, [])) == ""
    assert printed(monkeypatch, "utf-8", protocol.gate("static", 9, {}, ["one", "two"])) == "\nGate: one; two.\n"


@pytest.mark.parametrize(("encoding", "shown"), [("ascii", "caf?"), ("cp1252", "caf\u00e9"), ("utf-8", "caf\u00e9")])
def test_a_character_without_a_code_is_a_question_mark(monkeypatch, encoding, shown):
    assert shown in printed(monkeypatch, encoding, protocol.result("caf\u00e9"))


def test_a_path_that_is_no_text_is_printed_all_the_same(monkeypatch):
    assert "name?" in printed(monkeypatch, "utf-8", protocol.result(os.fsdecode(b"name\xff")))


def test_without_streams_nothing_is_printed(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    Console().emit(PROGRESS)
    Console().emit(protocol.error("job", "No."))


SCRIPT = """
from engine.cli.console import Console
console = Console()
for number in range(20_000):
    console.note(f"line {number}")
open("done", "w").close()
"""


@pytest.mark.skipif(os.name == "nt", reason="pipes and /dev/full of a Unix system")
@pytest.mark.parametrize("sink", ["a pipe that nobody reads", "a full device"])
def test_where_nothing_can_be_printed_the_work_goes_on(tmp_path, sink):
    if sink == "a full device":
        output = os.open("/dev/full", os.O_WRONLY)
    else:
        read, output = os.pipe()
        os.close(read)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", SCRIPT]
    streams = {"stdout": output, "stderr": subprocess.PIPE, "text": True}
    done = subprocess.run(command, **streams, env=environment, cwd=tmp_path, timeout=PATIENCE)
    os.close(output)
    assert (tmp_path / "done").exists() and done.stderr == "" and done.returncode == 0


def test_errors_go_to_stderr_with_their_advice(capsys):
    Console().emit(protocol.error("job", "There is no job.", "Name another folder."))
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err == "There is no job. Name another folder.\n"


def test_messages_are_lines_of_the_protocol(capsys):
    Console(json=True).emit(PROGRESS, "for people")
    assert protocol.decode(capsys.readouterr().out) == PROGRESS


@pytest.mark.parametrize(("seconds", "words"), [(0.4, "0 s"), (59, "59 s"), (125, "2 min 05 s")])
def test_seconds_in_words(seconds, words):
    assert duration(seconds) == words
