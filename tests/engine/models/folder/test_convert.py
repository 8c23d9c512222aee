import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.contract.errors import ModelError
from engine.models.folder.convert import converted_from, to_safetensors, write_index


class Program:
    """What a pickle may hold beside numbers."""

    def __reduce__(self):
        return (print, ("code of a model was run",))


@pytest.mark.parametrize("old", [True, False])
def test_weights_come_out_as_they_went_in(tmp_path, old):
    weights = {"a": torch.randn(3, 4), "b": torch.arange(5), "half": torch.randn(2).half()}
    torch.save(weights, tmp_path / "w.bin", _use_new_zipfile_serialization=not old)
    to_safetensors(tmp_path / "w.bin", tmp_path / "w.safetensors", "a hash")
    loaded = load_file(tmp_path / "w.safetensors")
    assert set(loaded) == set(weights) and all(torch.equal(loaded[name], value) for name, value in weights.items())
    assert converted_from(tmp_path / "w.safetensors") == "a hash"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["w.bin", "w.safetensors"]


@pytest.mark.parametrize("wrap", [lambda w: {"state_dict": w}, lambda w: {"epoch": 3, "model": {"module": w}}, lambda w: w])
def test_weights_are_found_among_what_trainers_leave(tmp_path, wrap):
    torch.save(wrap({"a": torch.ones(2), "step": 5, 7: torch.zeros(1)}), tmp_path / "w.ckpt")
    to_safetensors(tmp_path / "w.ckpt", tmp_path / "w.safetensors")
    assert list(load_file(tmp_path / "w.safetensors")) == ["a"]


def test_shared_memory_and_views_become_tensors_of_their_own(tmp_path):
    whole = torch.arange(12.0).view(3, 4)
    weights = {"a": whole, "same": whole, "row": whole[1], "turned": whole.T}
    torch.save(weights, tmp_path / "w.pt")
    to_safetensors(tmp_path / "w.pt", tmp_path / "w.safetensors")
    loaded = load_file(tmp_path / "w.safetensors")
    assert all(torch.equal(loaded[name], value) for name, value in weights.items())


def test_code_is_never_run(tmp_path, capsys):
    torch.save({"a": torch.ones(1), "b": Program()}, tmp_path / "w.bin")
    with pytest.raises(ModelError, match="w.bin holds more than numbers"):
        to_safetensors(tmp_path / "w.bin", tmp_path / "w.safetensors")
    assert capsys.readouterr().out == "" and not (tmp_path / "w.safetensors").exists()


@pytest.mark.parametrize("content", [{}, {"epoch": 3}, [torch.ones(1)], torch.ones(1)])
def test_a_file_without_weights_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "w.bin")
    with pytest.raises(ModelError, match="holds no weights"):
        to_safetensors(tmp_path / "w.bin", tmp_path / "w.safetensors")


def test_a_damaged_or_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(ModelError, match="can't be read"):
        to_safetensors(tmp_path / "none.bin", tmp_path / "w.safetensors")
    torch.save({"a": torch.ones(1000)}, tmp_path / "w.bin")
    (tmp_path / "w.bin").write_bytes((tmp_path / "w.bin").read_bytes()[:500])
    with pytest.raises(ModelError, match="can't be read") as raised:
        to_safetensors(tmp_path / "w.bin", tmp_path / "w.safetensors")
    assert "\n" not in str(raised.value)


def test_what_was_not_converted_has_no_origin(tmp_path):
    assert converted_from(tmp_path / "none.safetensors") is None
    (tmp_path / "text.safetensors").write_text("no weights")
    assert converted_from(tmp_path / "text.safetensors") is None
    save_file({"a": torch.ones(1)}, tmp_path / "own.safetensors")
    assert converted_from(tmp_path / "own.safetensors") is None


def test_the_index_of_several_files_is_made_from_their_headers(tmp_path):
    names = [f"model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    save_file({"a": torch.zeros(10)}, tmp_path / names[0])
    save_file({"b": torch.zeros(4, dtype=torch.float16), "c": torch.zeros(1)}, tmp_path / names[1])
    write_index(tmp_path)
    index = json.loads((tmp_path / "model.safetensors.index.json").read_text())
    assert index == {"metadata": {"total_size": 40 + 8 + 4}, "weight_map": {"a": names[0], "b": names[1], "c": names[1]}}


def test_weights_in_one_file_need_no_index(tmp_path):
    save_file({"a": torch.zeros(10)}, tmp_path / "model.safetensors")
    write_index(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["model.safetensors"]
