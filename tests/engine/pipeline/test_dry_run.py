"""Whether a preset will run, with small public models."""

import json
import shutil
from dataclasses import replace

import pytest
import torch

from engine.__main__ import main
from engine.config.quality import PUBLIC_QUALITIES
from engine.models.presets import PRESETS
from engine.pipeline import dry_run as module
from engine.pipeline.dry_run import about_model, dry_run, stage_seconds
from engine.pipeline.memory.models import gradient_work
from tests.engine.guidance import public_models

CPU, DRAFT = torch.device("cpu"), PUBLIC_QUALITIES["draft"]


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("public")
    for name in ("stable_diffusion", "modelscope"):
        public_models.save(name, folder / name)
    return folder


def custom(models, **changes):
    sources = {"image": str(models / "stable_diffusion"), "video": str(models / "modelscope")}
    return replace(PRESETS["custom"], **sources | changes)


def test_models_that_are_here_and_fit_will_run(models):
    found = dry_run(custom(models), DRAFT, CPU, 24.0)
    assert found.runs and found.plan.known and list(found.seconds) == ["static", "dynamic"]
    assert all(seconds > 0 for seconds in found.seconds.values())
    lines = found.lines()
    assert lines[-1].startswith("This will run: about ") and "It fits" in "\n".join(lines)
    assert json.loads(json.dumps(found.as_dict()))["runs"] is True


def test_time_is_that_of_the_steps_of_each_model(models, monkeypatch):
    work = {"image": (50e12, 0.0), "video": (0.0, 75e12)}
    monkeypatch.setattr(module, "gradient_work", lambda source, role, *rest: work[role])
    preset = custom(models)
    # A second for the image model, three for the video model, and half of the dynamic steps each.
    assert stage_seconds(preset, DRAFT, "static") == pytest.approx(2000)
    assert stage_seconds(preset, DRAFT, "dynamic") == pytest.approx(1000 * 3 + 1000 * 1)


def test_work_grows_with_what_is_asked(models):
    source = str(models / "modelscope")
    one, two = (gradient_work(source, "video", "", 64, 4, views) for views in (1, 2))
    assert two == pytest.approx([2 * value for value in one]) and min(one) > 0
    twice = gradient_work(source, "video", "", 64, 8, 1)
    assert twice[1] == pytest.approx(2 * one[1]) and twice[0] >= 1.9 * one[0]


def test_what_is_missing_damaged_or_too_large_will_not_run(models, tmp_path):
    missing = dry_run(custom(models, video="someone/nothing"), DRAFT, CPU, 24.0)
    assert not missing.runs and any("someone/nothing is not on this machine" in fault for fault in missing.faults)
    assert missing.seconds == {} and missing.lines()[-1].startswith("  ")
    small = dry_run(custom(models), DRAFT, CPU, 0.5)
    assert not small.runs and "It does not fit" in small.faults[0]
    broken = tmp_path / "broken"
    shutil.copytree(models / "stable_diffusion", broken)
    config = broken / "unet" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"cross_attention_dim": 24, "in_channels": 5}))
    wrong = dry_run(custom(models, image=str(broken)), DRAFT, CPU, 24.0)
    assert not wrong.runs and wrong.plan is None


def test_the_command_names_licence_size_gate_and_commit(cache_folder, capsys):
    assert main(["models", "check", "paper", "--limit-gb", "24"]) == 1
    said = capsys.readouterr().out
    assert "gated" in said and "deepfloyd-if-license" in said and "This will not run" in said and "commit c03d510e9b75" in said
    assert "no commit pinned" in said, "of ModelScope none is known"
    assert main(["models", "check", "open", "--json"]) == 1
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["type"], last["preset"], last["runs"]) == ("dry_run", "open", False) and len(last["faults"]) >= 2


def test_a_model_is_told_by_what_is_known_of_it():
    assert about_model("someone/thing@abc") == "someone/thing (commit abc)" and about_model("/a/folder") == "/a/folder"
    assert "commercial work allowed" in about_model(PRESETS["open"].video)
