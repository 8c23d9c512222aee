"""`engine evaluate` with its runs and its scorer played; what it writes is real."""

import json

import pytest

from engine.cli.main import main
from engine.evaluate import ablation, scorer
from engine.evaluate.ablation import FULL, Record


@pytest.fixture
def played(monkeypatch) -> list:
    """What was asked to be evaluated: names of variants, prompts, seed and workers."""
    asked = []

    def evaluate(folder, quality, words, names, scorer, seed, workers):
        asked.append((names, [each.canonical for each in words], seed, workers))
        folder.mkdir(parents=True, exist_ok=True)
        for each in words:
            record = Record(names[0], each.canonical, True, True, False, 0.5, 3, 12.0)
            with open(folder / "results.jsonl", "a", encoding="utf-8") as file:
                file.write(json.dumps(vars(record)) + "\n")
            yield record

    monkeypatch.setattr(ablation, "evaluate", evaluate)
    monkeypatch.setattr(scorer, "load_scorer", lambda folder: None)
    return asked


def test_the_table_and_the_picture_are_written_and_progress_is_told(played, tmp_path, capsys):
    output = tmp_path / "evaluation"
    prompts = ["red ball still", "blue cube spinning", "red ball still"]
    assert main(["evaluate", "--output", str(output), "--prompts", *prompts, "--only", FULL, "--seed", "5", "--json"]) == 0
    assert played == [([FULL], prompts[:2], 5, 1)], "a prompt that comes twice is one job"
    *progress, result = map(json.loads, capsys.readouterr().out.splitlines())
    assert [(each["step"], each["steps"], each["metrics"]) for each in progress] == [(n, 2, {"rank": 3}) for n in (1, 2)]
    assert result == {"type": "result", "path": str(output / "evaluation.md")}
    assert "| the full method | 2 | 100 % | 100 % | 0 % |" in (output / "evaluation.md").read_text()
    assert (output / "evaluation.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--quality", "best"], "There is no quality 'best'"),
        (["--count", "0"], "count is 0"),
        (["--workers", "65"], "workers is 65"),
        (["--only", "no nothing"], "There is no variant 'no nothing'"),
        (["--prompts", "a corgi"], "can't be judged"),
    ],
)
def test_a_bad_option_is_one_sentence_before_anything_is_written(played, tmp_path, capsys, options, said):
    assert main(["evaluate", "--output", str(tmp_path / "evaluation"), *options]) == 1
    assert said in capsys.readouterr().err and not (tmp_path / "evaluation").exists() and played == []


def test_a_place_that_can_not_be_written_is_one_sentence(played, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["evaluate", "--output", str(tmp_path / "file" / "x"), "--count", "1"]) == 1
    assert "choose another --output" in capsys.readouterr().err
