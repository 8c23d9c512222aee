import shutil

import pytest

from engine.contract.errors import ModelError
from engine.models.hub import cache, local, store

NAME, COMMIT, OTHER = "someone/tiny-model", "c0ffee" + "0" * 34, "d" * 40


def put(model, commit: str = COMMIT, revision: str = ""):
    """The model in the cache, as another program leaves it: links to content by its hash."""
    folder, content = cache.snapshot_folder(NAME, commit), cache.repository(NAME) / "blobs"
    content.mkdir(parents=True, exist_ok=True)
    for path in sorted(path for path in model.rglob("*") if path.is_file()):
        inside = path.relative_to(model)
        kept = content / inside.as_posix().encode().hex()
        shutil.copy(path, kept)
        (folder / inside).parent.mkdir(parents=True, exist_ok=True)
        (folder / inside).symlink_to(kept)
    if revision:
        cache.set_reference(NAME, revision, commit)
    return folder


@pytest.fixture(autouse=True)
def empty(cache_folder):
    return cache_folder


def test_a_model_is_found_by_its_names_and_its_commit(public_model):
    folder = put(public_model, revision="main")
    for revision in ("main", COMMIT, COMMIT[:7]):
        model = local.find(NAME, revision)
        assert (model.folder, model.commit, model.licence) == (folder, COMMIT, "openrail++")
        assert model.size == store.size_on_disk(public_model)
    assert local.find(NAME, "v1") is None and local.find("someone/else") is None


def test_what_lacks_a_file_is_not_a_model_yet(public_model):
    folder = put(public_model, revision="main")
    for path in folder.glob("vae/*.safetensors"):
        path.unlink()
    assert local.find(NAME) is None and local.fetched() == []
    assert local.broken_off() == {NAME: store.size_on_disk(folder)}
    # A model of another kind is none that a download of ours left.
    (folder / "model_index.json").unlink()
    assert local.broken_off() == {}


def test_each_name_is_listed_and_a_commit_without_one_by_itself(public_model):
    put(public_model, revision="main")
    cache.set_reference(NAME, "v1", COMMIT)
    put(public_model, OTHER)
    assert [model.source for model in local.fetched()] == [f"{NAME}@{OTHER}", NAME, f"{NAME}@v1"]


def test_a_damaged_page_has_no_licence(public_model):
    folder = put(public_model, revision="main")
    for content in ("---\n[\n---", "---\n- a\n---", "no more than text"):
        (folder / "README.md").write_text(content)
        assert local.find(NAME).licence == ""
    (folder / "README.md").unlink()
    assert local.find(NAME).licence == ""


def test_removing_leaves_what_another_commit_shares(public_model):
    put(public_model, revision="main")
    kept = put(public_model, OTHER, "v1")
    (kept / "README.md").unlink()
    (kept / "README.md").write_text("Another.")
    assert local.remove(NAME) > 0
    assert local.find(NAME) is None and local.find(NAME, "v1").folder == kept and (kept / "vae" / "config.json").is_file()
    local.remove(NAME, OTHER[:8])
    assert cache.names() == []
    with pytest.raises(ModelError, match=f"{NAME} is not on this machine: there is nothing to remove"):
        local.remove(NAME)


def test_removing_takes_what_a_download_left(public_model):
    folder = put(public_model)
    for path in folder.glob("vae/*.safetensors"):
        path.unlink()
    begun = cache.blob(NAME, "a" * 64 + cache.INCOMPLETE)
    begun.write_bytes(bytes(1000))
    partial = store.folder_of(NAME).with_name(store.folder_of(NAME).name + store.PARTIAL)
    partial.mkdir(parents=True)
    (partial / "weights").write_bytes(bytes(10))
    assert local.broken_off() == {NAME: store.size_on_disk(folder) + 1010}
    assert local.remove(NAME) >= 1010
    assert not cache.repository(NAME).exists() and not partial.exists()


def test_removing_takes_a_converted_model_with_what_it_was_made_from(public_model):
    snapshot = put(public_model, revision="main")
    for path in snapshot.glob("unet/*.safetensors"):
        path.rename(path.with_suffix(".bin"))
    folder = store.folder_of(NAME, COMMIT)
    shutil.copytree(public_model, folder)
    store.write_record(folder, store.Record(NAME, "main", COMMIT, "mit", {}))
    assert local.find(NAME).folder == folder and local.find(NAME).licence == "mit"
    assert local.remove(NAME) > store.size_on_disk(public_model)
    assert not folder.exists() and not snapshot.exists()
