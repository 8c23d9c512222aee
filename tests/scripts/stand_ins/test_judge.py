"""What the stand-ins are judged by, without running a whole job."""

import json
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.config.quality import PAPER, PUBLIC_DRAFT
from engine.evaluate.triangle_soup import EvaluationError
from scripts.stand_ins import judge
from scripts.stand_ins.changes import RECIPE, VARIANTS, judged_quality
from scripts.stand_ins.networks import TRAINING


def test_the_recipe_is_the_public_draft_in_fewer_steps():
    quality = judged_quality(30, 20)
    assert (quality.static.steps, quality.dynamic.steps, quality.super_resolution.steps) == (30, 20, 0)
    assert quality.field == PUBLIC_DRAFT.field and quality.dynamic.image_share == 0.5
    assert quality.static.distillation == PUBLIC_DRAFT.static.distillation
    assert VARIANTS[RECIPE](quality) == quality


def test_each_change_is_undone_alone():
    quality = judged_quality()
    undone = {name: change(quality) for name, change in VARIANTS.items() if name != RECIPE}
    assert len(undone) == 5 and all(each != quality for each in undone.values())
    assert undone["blob growth"].dynamic.blob_growth == PAPER.dynamic.blob_growth == 10
    free = undone["nothing holds the object"].dynamic
    assert free.image_share == 0 and free.rates.space == 1e-4 and free.camera.moving == 0.9
    assert free.rates.trajectory == quality.dynamic.rates.trajectory
    weak = undone["weak regularisers"]
    assert weak.static.sparsity == 0 and weak.dynamic.time_smoothness == 1e-2 and weak.dynamic.rates == quality.dynamic.rates
    assert undone["Wan as before"].static == quality.static
    assert undone["Wan as before"].dynamic.distillation.scale(1.0) == 100
    assert undone["MVDream as before"].dynamic == quality.dynamic
    assert undone["MVDream as before"].static.distillation.weighting == "sds"


def trained(folder: Path, step: int = 5) -> Path:
    """A folder of models that hold nothing but how long they were trained."""
    for role in ("multi_view", "image", "video"):
        (folder / role).mkdir(parents=True, exist_ok=True)
        (folder / role / TRAINING).write_text(json.dumps({"step": step}))
    return folder


def fake_run(monkeypatch, code: int) -> list[list[str]]:
    commands = []

    def run(command, **options):
        commands.append(command)
        return SimpleNamespace(returncode=code, stderr="The scene is empty.\n")

    monkeypatch.setattr(subprocess, "run", run)
    return commands


def test_a_run_that_fails_is_a_wrong_answer_and_is_not_run_again(monkeypatch, tmp_path):
    commands = fake_run(monkeypatch, 1)
    arguments = (trained(tmp_path / "models"), "multi_view", tmp_path / "out", [RECIPE, "blob growth"], 2, (3, 2), 7)
    records = judge.judge(*arguments)
    assert [(each["variant"], each["prompt"]) for each in records][1:3] == [
        (RECIPE, "a yellow duck sliding"), ("blob growth", "a red ball bouncing"),
    ]  # fmt: skip
    assert all(each["error"] == "The scene is empty." and not each["shape"] for each in records)
    command = commands[0]
    assert command[3:7] == ["job", RECIPE, "3", "2"] and command[command.index("--seed") + 1] == "7"
    assert command[command.index("--image-model") + 1] == str(tmp_path / "models" / "multi_view")
    assert judge.judge(*arguments) == records and len(commands) == 4
    trained(tmp_path / "models", step=6)
    with pytest.raises(EvaluationError, match="choose another --output"):
        judge.judge(*arguments)


def test_an_asset_that_can_t_be_read_is_a_wrong_answer(monkeypatch, tmp_path):
    fake_run(monkeypatch, 0)
    record = judge.judge(trained(tmp_path), "image", tmp_path, [RECIPE], 1, (1, 1), 0)[0]
    assert not record["colour"] and "can't be read" in record["error"]
    assert json.loads((tmp_path / "results.jsonl").read_text()) == record


def test_models_that_are_not_there_are_told_of(tmp_path):
    with pytest.raises(EvaluationError, match="train the stand-ins first"):
        judge.judge(tmp_path, "image", tmp_path / "out", [RECIPE], 1, (1, 1), 0)


def test_the_table_counts_by_variant():
    def record(variant: str, colour: bool, shape: bool, overlap: float) -> dict:
        return {"variant": variant, "colour": colour, "shape": shape, "motion": True, "overlap": overlap}

    records = [record("a", True, True, 0.8), record("a", True, False, 0.4), record("b", False, True, 0.7)]
    lines = judge.table(records).splitlines()
    assert lines[2:] == ["| a | 2 | 2 | 1 | 2 | 1 | 0.60 |", "| b | 1 | 0 | 1 | 1 | 0 | 0.70 |"]


def test_only_known_variants_are_run():
    with pytest.raises(KeyError):
        judge.run_job("another", 1, 1, [])
