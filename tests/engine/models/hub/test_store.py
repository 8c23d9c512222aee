import sys
from pathlib import Path

import pytest

from engine.contract.errors import ModelError
from engine.models.hub import store


def record(name: str = "someone/model", **files: int) -> store.Record:
    return store.Record(name, "main", "a" * 40, "mit", {key: store.File(size, "0" * 64) for key, size in files.items()})


def test_the_environment_says_where_models_are_else_the_user_s_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("MAV3D_MODELS", str(tmp_path / "there"))
    assert store.models_folder() == tmp_path / "there"
    monkeypatch.delenv("MAV3D_MODELS")
    for platform, variable in (("linux", "XDG_CACHE_HOME"), ("win32", "LOCALAPPDATA")):
        monkeypatch.setattr(sys, "platform", platform)
        monkeypatch.setenv(variable, str(tmp_path))
        assert store.models_folder() == tmp_path / "mav3d" / "models"
        monkeypatch.delenv(variable)
        assert store.models_folder().is_relative_to(Path.home())


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("owner/name", ("owner", "main")), ("o-w.n_er/na.me-1", ("o-w.n_er/na.me-1", "main")),
        ("owner/name@v1.0", ("owner/name", "v1.0")), ("owner/name@refs/pr/3", ("owner/name", "refs/pr/3")),
    ],
)  # fmt: skip
def test_a_source_is_split_into_id_and_revision(source, parts):
    assert store.split_source(source) == (source if parts[0] == "owner" else parts[0], parts[1])


@pytest.mark.parametrize(
    "source", ["name", "/abs/path", "a/b/c", "a\\b", "a/..", "a/b@..", "a/b@", "@x", "a b/c", "C:/x", "a/b@x y"]
)
def test_what_is_no_source_is_none(source):
    assert store.split_source(source) is None


def test_folders_are_found_by_id_and_revision_and_lead_back(store_folder):
    for name, revision in (("someone/model", "main"), ("someone/model", "refs/pr/1"), ("other/name-2", "v1")):
        folder = store.folder_of(name, revision)
        assert folder.parent == store_folder
        folder.mkdir(parents=True)
        assert store.find(name, revision) is None
        store.write_record(folder, record(name))
        assert store.find(name, revision) == folder
    assert [store.source_of(folder) for folder in store.fetched()] == [
        "other/name-2@v1",
        "someone/model",
        "someone/model@refs/pr/1",
    ]


def test_a_record_reads_as_it_was_written_and_a_damaged_one_is_told(tmp_path):
    store.write_record(tmp_path, record(a=3, b=4))
    assert store.read_record(tmp_path) == record(a=3, b=4) and record(a=3, b=4).size == 7
    for text in ("", "[]", '{"files": {}}', '{"files": 3}'):
        (tmp_path / store.RECORD).write_text(text)
        with pytest.raises(ModelError, match="damaged"):
            store.read_record(tmp_path)


def test_removing_takes_the_model_and_what_a_download_left(store_folder):
    folder = store.folder_of("someone/model")
    partial = folder.with_name(folder.name + store.PARTIAL)
    for each in (folder, partial):
        each.mkdir(parents=True)
        (each / "weights").write_bytes(b"0" * 100)
    store.write_record(folder, record())
    written = (folder / store.RECORD).stat().st_size
    assert store.partial() == [partial] and store.fetched() == [folder]
    assert store.remove("someone/model") == 200 + written
    assert list(store_folder.iterdir()) == []
    with pytest.raises(ModelError, match="nothing to remove"):
        store.remove("someone/model")


def test_an_absent_store_is_empty(store_folder):
    assert store.fetched() == [] and store.partial() == []
