import json
import subprocess
import threading
from dataclasses import asdict

import pytest

from engine.config.quality import DRAFT, PAPER, STANDARD
from engine.contract.errors import Stopped
from engine.evaluate import ablation
from engine.evaluate.ablation import FULL, Record, by_variant, evaluate, read_records, variants
from engine.evaluate.prompts import Words, draw
from engine.evaluate.triangle_soup import EvaluationError
from tests.root import PATIENCE


def record(variant=FULL, prompt="red ball still", right=True, **changes) -> Record:
    values = {"colour": right, "shape": right, "motion": right, "overlap": 0.8, "rank": 1, "seconds": 10.0}
    return Record(variant, prompt, **(values | changes))


def test_only_what_a_quality_has_is_left_out():
    assert list(variants(STANDARD))[0] == FULL and variants(STANDARD)[FULL] == []
    assert variants(STANDARD)["no super resolution"] == ["--without", "super-resolution"]
    assert "no super resolution" not in variants(DRAFT)
    assert "no frame rate sampling" in variants(PAPER) and "no frame rate sampling" not in variants(STANDARD)
    assert variants(DRAFT)["a plain network for the planes"] == ["--backbone", "mlp"]


def test_means_are_taken_by_variant():
    records = [record("no static", rank=640), record(), record(prompt="red cube still", rank=7)]
    assert by_variant(records, lambda r: r.rank) == {FULL: 4.0, "no static": 640.0}


def test_an_evaluation_goes_on_and_a_failed_run_counts_as_wrong(tmp_path, monkeypatch):
    """No run is made here: the engine's process is played by one that fails."""
    (tmp_path / "results.jsonl").write_text(json.dumps(asdict(record())) + "\n")
    called = []

    def fails(command, env, **options):
        called.append((command[-1], env["OMP_NUM_THREADS"]))
        return subprocess.CompletedProcess(command, 1, "", "Nothing solid formed.")

    monkeypatch.setattr(ablation.subprocess, "run", fails)
    words = [Words.of("red ball still"), Words.of("orange cube still")]
    found = list(evaluate(tmp_path, DRAFT, words, [FULL], None, seed=0, workers=1))
    assert [call[0] for call in called] == ["an orange cube still"]
    assert found[0].error == "Nothing solid formed." and found[0].rank == 640 and not found[0].right
    assert read_records(tmp_path) == [record(), found[0]]


def ends_with(code: int):
    """What subprocess.run gives for a process that ended so."""
    return lambda command, **options: subprocess.CompletedProcess(command, code, "", "no")


def test_a_stopped_evaluation_records_nothing_of_the_run_it_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(ablation.subprocess, "run", ends_with(130))
    with pytest.raises(Stopped, match="same command"):
        list(evaluate(tmp_path, DRAFT, [Words.of("red ball still")], [FULL], None, seed=0, workers=1))
    assert read_records(tmp_path) == []


def test_stopping_one_run_stops_those_not_begun(tmp_path, monkeypatch):
    called, dropped = [], threading.Event()

    class Pool(ablation.ThreadPoolExecutor):
        def shutdown(self, **options):
            super().shutdown(wait=False, **options)
            dropped.set()
            super().shutdown()

    def stopped(command, **options):
        """The first run ends; one that the only worker may have begun by then lasts until the rest is dropped."""
        called.append(command)
        assert len(called) == 1 or dropped.wait(PATIENCE)
        return subprocess.CompletedProcess(command, 130, "", "")

    monkeypatch.setattr(ablation, "ThreadPoolExecutor", Pool)
    monkeypatch.setattr(ablation.subprocess, "run", stopped)
    with pytest.raises(Stopped, match="same command"):
        list(evaluate(tmp_path, DRAFT, draw(8, seed=0), [FULL], None, seed=0, workers=1))
    assert len(called) <= 2


def test_another_quality_in_the_same_folder_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(ablation.subprocess, "run", ends_with(1))
    list(evaluate(tmp_path, DRAFT, [Words.of("red ball still")], [FULL], None, seed=0, workers=1))
    with pytest.raises(EvaluationError, match="another quality or seed"):
        list(evaluate(tmp_path, STANDARD, [Words.of("red ball still")], [FULL], None, seed=0, workers=1))


def test_damaged_results_are_one_sentence(tmp_path):
    (tmp_path / "results.jsonl").write_text("{}\n")
    with pytest.raises(EvaluationError, match="damaged"):
        read_records(tmp_path)
