import sys
from pathlib import Path

import pytest

from engine.contract.errors import ModelError
from engine.models.hub import store


def record(name: str = "someone/model", **files: int) -> store.Record:
    return store.Record(name, "main", "a" * 40, "mit", {key: store.File(size, "0" * 64) for key, size in files.items()})


def test_the_environment_says_where_the_folder_is_else_the_user_s_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("MAV3D_MODELS", str(tmp_path / "there"))
    assert store.store_folder() == tmp_path / "there"
    monkeypatch.delenv("MAV3D_MODELS")
    for platform, variable in (("linux", "XDG_CACHE_HOME"), ("win32", "LOCALAPPDATA")):
        monkeypatch.setattr(sys, "platform", platform)
        monkeypatch.setenv(variable, str(tmp_path))
        assert store.store_folder() == tmp_path / "mav3d" / "models"
        monkeypatch.delenv(variable)
        assert store.store_folder().is_relative_to(Path.home())


def test_folders_are_named_by_id_and_revision_and_lead_back(store_folder):
    for name, revision in (("someone/model", "main"), ("someone/model", "refs/pr/1"), ("other/name-2", "v1")):
        folder = store.folder_of(name, revision)
        assert folder.parent == store_folder and store.parts_of(folder) == (name, revision)
        folder.mkdir(parents=True)
        assert folder not in store.stored()
        store.write_record(folder, record(name))
        assert folder in store.stored()


def test_a_record_reads_as_it_was_written_and_a_damaged_one_is_told(tmp_path):
    store.write_record(tmp_path, record(a=3, b=4))
    assert store.read_record(tmp_path) == record(a=3, b=4) and record(a=3, b=4).size == 7
    for text in ("", "[]", '{"files": {}}', '{"files": 3}'):
        (tmp_path / store.RECORD).write_text(text)
        with pytest.raises(ModelError, match="damaged"):
            store.read_record(tmp_path)


def test_a_finished_folder_takes_the_place_of_another(tmp_path):
    for name in ("part", "model"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    store.put_in_place(tmp_path / "part", tmp_path / "model")
    assert [path.name for path in tmp_path.iterdir()] == ["model"] and (tmp_path / "model" / "file").read_text() == "part"


def test_removing_takes_the_model_and_what_was_begun_and_leaves_what_is_linked(store_folder, tmp_path):
    folder = store.folder_of("someone/model")
    partial = folder.with_name(folder.name + store.PARTIAL)
    (tmp_path / "elsewhere").write_bytes(b"0" * 1000)
    for each in (folder, partial):
        each.mkdir(parents=True)
        (each / "weights").write_bytes(b"0" * 100)
        (each / "link").symlink_to(tmp_path / "elsewhere")
    store.write_record(folder, record())
    written = (folder / store.RECORD).stat().st_size
    assert store.partial() == [partial] and store.stored() == [folder]
    assert store.remove(folder) == 200 + written
    assert list(store_folder.iterdir()) == [] and (tmp_path / "elsewhere").exists()


def test_an_absent_folder_is_empty(store_folder):
    assert store.stored() == [] and store.partial() == []
