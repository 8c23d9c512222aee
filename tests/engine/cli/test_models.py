import json
import os
import subprocess
import sys

import pytest

from engine.__main__ import main
from engine.models.hub import local
from engine.models.presets import PRESETS, Preset
from engine.models.source import locate
from mav3d_blender.client.model_fetch import ModelFetch
from tests.engine.models.small_hub import COMMIT, Repository
from tests.root import PATIENCE, ROOT

NAME = "someone/tiny-model"


@pytest.fixture
def fetched(hub, public_model, monkeypatch, capsys):
    """The model on disk, fetched by the command."""
    hub.repositories[NAME] = Repository.of_folder(public_model)
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    assert main(["models", "fetch", NAME]) == 0
    return capsys.readouterr()


def messages(capsys) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_fetch_tells_size_and_licence_before_and_the_folder_after(fetched, capsys):
    assert fetched.err.startswith(f"Fetching {NAME} at {COMMIT[:12]}") and "license openrail++" in fetched.err
    assert str(locate(NAME)) in fetched.out
    assert main(["models", "fetch", NAME, "--json"]) == 0
    assert messages(capsys) == [{"type": "result", "path": str(locate(NAME))}]


def test_fetch_as_messages_tells_of_progress(hub, public_model, monkeypatch, capsys):
    hub.repositories[NAME] = Repository.of_folder(public_model)
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    assert main(["models", "fetch", NAME, "--json"]) == 0
    heard = messages(capsys)
    assert [message["type"] for message in heard[-2:]] == ["progress", "result"]
    assert heard[-2]["step"] == heard[-2]["steps"]


def test_one_model_that_cant_be_had_does_not_keep_others(hub, public_model, monkeypatch, capsys):
    hub.repositories[NAME] = Repository.of_folder(public_model)
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    assert main(["models", "fetch", "someone/nothing", NAME, "--json"]) == 1
    heard = messages(capsys)
    assert "someone/nothing" in heard[0]["message"] and heard[-1] == {"type": "result", "path": str(locate(NAME))}


def test_list_shows_presets_roles_licences_and_what_is_on_disk(fetched, capsys):
    assert main(["models", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    paper = next(line for line in lines if line.startswith("paper video"))
    assert "ali-vilab/text-to-video-ms-1.7b" in paper and "cc-by-nc-4.0" in paper and paper.split()[-2:] == ["no", "no"]
    assert any(NAME in line and "MB" in line and "openrail++" in line for line in lines)
    assert main(["models", "list", "--json"]) == 0
    (message,) = messages(capsys)
    rows = {row["model"]: row for row in message["models"]}
    assert message["type"] == "models" and rows[NAME]["bytes"] == local.find(NAME).size
    pinned = PRESETS["paper"].image
    assert rows[pinned]["gated"] and rows[pinned]["commercial"] is False
    assert not any(row["verified"] for model, row in rows.items() if model != "built in")


def test_a_preset_that_pins_a_commit_is_listed_once_and_fetched_at_it(hub, public_model, monkeypatch, capsys):
    hub.repositories[NAME] = Repository.of_folder(public_model)
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    pinned = f"{NAME}@{COMMIT}"
    monkeypatch.setitem(PRESETS, "custom", Preset("custom", pinned, "zai-org/CogVideoX-2b@" + "a" * 40, "", ""))
    assert main(["models", "fetch", "custom", "--json"]) == 1
    heard = messages(capsys)
    assert {"type": "result", "path": str(locate(pinned))} in heard and "CogVideoX" in heard[-1]["message"]
    assert main(["models", "list", "--json"]) == 0
    rows = messages(capsys)[0]["models"]
    assert [row["use"] for row in rows if row["model"].startswith(NAME)] == ["custom image"]
    (video,) = [row for row in rows if row["model"].startswith("zai-org/CogVideoX-2b")]
    assert video["use"] == "custom video" and video["licence"] == "apache-2.0" and video["bytes"] is None
    # The same model by its branch is another row.
    assert main(["models", "fetch", NAME, "--json"]) == 0
    messages(capsys)
    assert main(["models", "list", "--json"]) == 0
    rows = [(row["use"], row["model"]) for row in messages(capsys)[0]["models"]]
    assert [row for row in rows if row[1].startswith(NAME)] == [("custom image", pinned), ("", NAME)]


def test_check_finds_the_damaged_one_and_looks_at_all(fetched, capsys):
    assert main(["models", "check"]) == 0
    assert f"{NAME}: whole" in capsys.readouterr().out
    weights = locate(NAME) / "unet" / "diffusion_pytorch_model.fp16.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    assert main(["models", "check", NAME, "primitives", "--json"]) == 1
    found = messages(capsys)
    assert [bool(message["faults"]) for message in found] == [True, False, False, False]
    assert "unet" in found[0]["faults"][0]


def test_check_of_hashes_finds_a_changed_bit(fetched, capsys):
    weights = locate(NAME) / "vae" / "diffusion_pytorch_model.fp16.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    assert main(["models", "check", NAME]) == 0
    assert main(["models", "check", NAME, "--hashes"]) == 1
    assert "its hash differs" in capsys.readouterr().out


def test_remove_deletes_and_says_how_much(fetched, capsys):
    assert main(["models", "remove", NAME]) == 0
    assert "removed" in capsys.readouterr().out and local.fetched() == []
    assert main(["models", "remove", NAME]) == 1
    assert "not on this machine" in capsys.readouterr().err


def test_a_preset_is_fetched_with_other_models_in_place_of_its_own(hub, public_model, monkeypatch, tmp_path, capsys):
    hub.repositories[NAME] = Repository.of_folder(public_model)
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    others = ["--video-model", str(tmp_path), "--upscale-model", str(tmp_path)]
    assert main(["models", "fetch", "paper", "--image-model", NAME, *others, "--json"]) == 0
    assert messages(capsys)[-1] == {"type": "result", "path": str(locate(NAME))}
    assert main(["models", "fetch", "custom"]) == 1
    assert "no models of its own" in capsys.readouterr().err


def test_blender_hears_of_progress_and_of_what_can_not_be_had(hub, public_model, tmp_path, monkeypatch):
    hub.repositories[NAME] = Repository.of_folder(public_model)
    for name, value in {"HF_ENDPOINT": hub.endpoint, "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"}.items():
        monkeypatch.setenv(name, value)
    command = [sys.executable, "-u", "-m", "engine", "models", "fetch", "custom", "--json", f"--image-model={NAME}"]
    fetch = ModelFetch(command, ROOT, tmp_path / "fetch.log")
    assert fetch.wait(PATIENCE).state == "done" and locate(NAME).is_dir()
    fetch = ModelFetch([*command[:-1], "--image-model=someone/nothing"], ROOT, tmp_path / "fetch.log")
    assert fetch.wait(PATIENCE).state == "failed" and "someone/nothing" in fetch.poll().sentence


def test_the_command_goes_online_and_others_do_not(hub, public_model):
    hub.repositories[NAME] = Repository.of_folder(public_model)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    environment |= {"HF_HUB_CACHE": os.environ["HF_HUB_CACHE"], "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"}
    environment |= {"HF_ENDPOINT": hub.endpoint}
    command = [sys.executable, "-m", "engine", "models", "fetch", NAME]
    offline = environment | {"HF_HUB_OFFLINE": "1"}
    refused = subprocess.run(command, env=offline, capture_output=True, text=True, timeout=PATIENCE)
    assert refused.returncode == 1 and "HF_HUB_OFFLINE is set" in refused.stderr and hub.asked == []
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    assert str(locate(NAME)) in done.stdout
