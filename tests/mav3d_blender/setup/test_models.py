"""The built-in models: there, absent, cut short, or a pointer in their place."""

import json
import shutil
import struct

import pytest

from mav3d_blender.setup.models import BUILT_IN, fault_of_weights, faults_of_models


def weights(path, length=16, cut=0):
    header = json.dumps({"w": {"dtype": "F32", "shape": [length // 4], "data_offsets": [0, length]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(length - cut))
    return path


def small_models(folder):
    for role in ("image", "video", "upscale"):
        for component in ("unet", "tokenizer"):
            (folder / role / component).mkdir(parents=True)
            (folder / role / component / "config.json").write_text("{}")
        weights(folder / role / "unet" / "diffusion_pytorch_model.safetensors")
        index = {"_class_name": "X", "unet": ["a", "B"], "tokenizer": ["c", "D"]}
        (folder / role / "model_index.json").write_text(json.dumps(index))
    return folder


def test_the_repositorys_own_models_are_whole():
    assert faults_of_models(BUILT_IN) == ("ok", [])


def test_small_models_in_the_same_layout_are_whole(tmp_path):
    assert faults_of_models(small_models(tmp_path)) == ("ok", [])


@pytest.mark.parametrize(
    ("spoil", "state", "words"),
    [
        (lambda folder: shutil.rmtree(folder / "video"), "missing", "video"),
        (lambda folder: shutil.rmtree(folder / "image" / "unet"), "broken", "unet is missing"),
        (lambda folder: next((folder / "image" / "unet").glob("*.safetensors")).unlink(), "broken", "no safetensors"),
        (lambda folder: (folder / "upscale" / "model_index.json").write_text("["), "broken", "model_index.json"),
        (lambda folder: (folder / "upscale" / "tokenizer" / "config.json").unlink(), "broken", "settings"),
        (lambda folder: weights(folder / "video" / "unet" / "m.safetensors", cut=4), "broken", "cut short"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, spoil, state, words):
    spoil(small_models(tmp_path))
    found, faults = faults_of_models(tmp_path)
    assert found == state and words in faults[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\n", "Git LFS"),
        (b"", "damaged"),
        (b"\xff" * 40, "damaged"),
        (struct.pack("<Q", 2) + b"{}", "empty"),
        (struct.pack("<Q", 4) + b"[1] ", "damaged"),
    ],
)
def test_files_that_are_no_weights(tmp_path, content, words):
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    assert words in fault_of_weights(path)
