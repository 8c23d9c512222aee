"""A folder of our own, of what the cache has of a model."""

import json

import pytest
import torch
from safetensors.torch import load_file

from engine.contract.errors import ModelError
from engine.models.folder import convert
from engine.models.folder.check import sha256
from engine.models.hub import cache, rearrange, store
from engine.models.hub.download import Commit
from engine.models.hub.plan import Plan
from engine.models.hub.selection import RemoteFile, Wanted

NAME, COMMIT = "someone/tiny-model", "c0ffee" + "0" * 34
SHARDS = [f"unet/model-0000{number}-of-00002" for number in (1, 2)]


@pytest.fixture
def plan(cache_folder) -> Plan:
    """Settings and two files of torch's, in the cache."""
    snapshot = cache.snapshot_folder(NAME, COMMIT)
    (snapshot / "unet").mkdir(parents=True)
    (snapshot / "unet" / "config.json").write_text("{}")
    wanted = [Wanted(RemoteFile("unet/config.json", 2, "0" * 40), "unet/config.json")]
    for number, name in enumerate(SHARDS):
        path = snapshot / f"{name}.bin"
        torch.save({f"w{number}": torch.full((3,), float(number))}, path)
        wanted.append(Wanted(RemoteFile(f"{name}.bin", path.stat().st_size, sha256(path)), f"{name}.safetensors"))
    return Plan(Commit(NAME, COMMIT, ""), "main", "mit", tuple(wanted), True)


def test_weights_are_converted_and_the_rest_is_the_cache_s(plan):
    rearrange.rearrange(plan)
    weights = [load_file(plan.folder / f"{name}.safetensors") for name in SHARDS]
    assert [set(each) for each in weights] == [{"w0"}, {"w1"}] and weights[1]["w1"].tolist() == [1, 1, 1]
    assert (plan.folder / "unet" / "config.json").samefile(cache.snapshot_folder(NAME, COMMIT) / "unet" / "config.json")
    index = json.loads((plan.folder / "unet" / "model.safetensors.index.json").read_text())
    assert index["weight_map"] == {"w0": "model-00001-of-00002.safetensors", "w1": "model-00002-of-00002.safetensors"}
    assert not plan.folder.with_name(plan.folder.name + store.PARTIAL).exists()


def test_the_record_tells_of_every_file(plan):
    rearrange.rearrange(plan)
    record = store.read_record(plan.folder)
    assert (record.id, record.revision, record.commit, record.licence) == (NAME, "main", COMMIT, "mit")
    assert set(record.files) == {"unet/config.json", "unet/model.safetensors.index.json", *(f"{n}.safetensors" for n in SHARDS)}
    for name, file in record.files.items():
        assert file == store.File((plan.folder / name).stat().st_size, sha256(plan.folder / name))


def test_what_was_converted_before_is_not_converted_again(plan, monkeypatch):
    rearrange.rearrange(plan)
    converted, original = [], convert.to_safetensors
    monkeypatch.setattr(rearrange, "to_safetensors", lambda *a: converted.append(a[0].name) or original(*a))
    rearrange.rearrange(plan)
    assert converted == []
    first, *rest = plan.wanted[1:]
    other = Wanted(RemoteFile(first.file.name, first.file.size, "1" * 64), first.name)
    rearrange.rearrange(Plan(plan.at, plan.revision, plan.licence, (plan.wanted[0], other, *rest), True))
    assert converted == [f"{SHARDS[0].removeprefix('unet/')}.bin"]


def test_without_links_files_are_copied(plan, monkeypatch):
    def refuse(*arguments):
        raise OSError("no links here")

    monkeypatch.setattr(rearrange.os, "symlink", refuse)
    monkeypatch.setattr(rearrange.os, "link", refuse)
    rearrange.rearrange(plan)
    config = plan.folder / "unet" / "config.json"
    assert config.read_text() == "{}" and not config.is_symlink()


def test_a_file_that_can_not_be_converted_leaves_no_model(plan):
    (cache.snapshot_folder(NAME, COMMIT) / f"{SHARDS[1]}.bin").write_bytes(b"no weights")
    with pytest.raises(ModelError):
        rearrange.rearrange(plan)
    assert not plan.folder.exists()
