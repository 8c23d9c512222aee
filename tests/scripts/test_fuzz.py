"""The fuzz itself: what it counts as a fault, and that its own inputs are whole."""

from collections import Counter
from pathlib import Path

import pytest

from engine.contract.errors import DivergedError, EngineError
from scripts.benchmark.fuzz import __main__ as fuzz
from scripts.benchmark.fuzz.subject import Subject
from scripts.benchmark.fuzz.subjects import subjects

# But for what asks for a job that is not there, and for names among which is one of no mesh.
WHOLE = [subject for subject in subjects() if subject.name not in ("line to the engine", "file names")]


def outcome_of(read) -> str:
    return fuzz.tried(Subject("mesh", "mesh.obj", b"content", (), read), b"content")[0]


def fail(error: Exception) -> None:
    raise error


@pytest.mark.parametrize(
    ("read", "outcome"),
    [
        (lambda folder: (folder / "mesh.obj").read_bytes(), "read"),
        (lambda folder: fail(EngineError("It is damaged: export it anew.")), "refused"),
        (lambda folder: fail(EngineError("It is damaged:\nexport it anew.")), "fault"),
        (lambda folder: fail(EngineError("")), "fault"),
        (lambda folder: fail(DivergedError("It would not be finite")), "fault"),
        (lambda folder: fail(ValueError("invalid literal")), "fault"),
        (lambda folder: fail(KeyError("x")), "fault"),
        (lambda folder: __import__("numpy").array([1.0]) / 0, "fault"),
    ],
)
def test_only_what_is_read_or_refused_in_a_sentence_is_right(read, outcome):
    assert outcome_of(read) == outcome


def test_what_takes_too_long_is_a_fault(monkeypatch):
    monkeypatch.setattr(fuzz, "SECONDS", 0.2)
    assert outcome_of(lambda folder: all(True for _ in iter(int, 1))) == "fault"


@pytest.mark.parametrize("subject", WHOLE, ids=lambda subject: subject.name)
def test_what_is_not_damaged_is_read(subject):
    assert fuzz.tried(subject, subject.content) == ("read", "")


def test_a_few_inputs_of_each_kind(tmp_path, capsys):
    kept: Path = tmp_path / "kept"
    assert fuzz.main(["--count", "120", "--seed", "5", "--keep", str(kept)]) == 0
    assert "| all |" in capsys.readouterr().out and not kept.exists()


def test_the_table_adds_up():
    text = fuzz.table({"OBJ": Counter(read=2, refused=1), "PLY": Counter(fault=1)})
    assert text.splitlines()[2:] == ["| OBJ | 2 | 1 | 0 |", "| PLY | 0 | 0 | 1 |", "| all | 2 | 1 | 1 |"]
