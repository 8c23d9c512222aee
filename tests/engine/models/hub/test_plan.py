"""What fetching takes, asked of a hub in memory."""

import json

import pytest

from engine.contract.errors import ModelError
from engine.models.hub import cache, store
from engine.models.hub.plan import is_cached, plan_fetch
from engine.models.hub.selection import RemoteFile
from tests.engine.models.small_hub import COMMIT, Repository

NAME = "someone/tiny-model"
COMPONENTS = {"unet": ["diffusers", "UNet2DModel"], "scheduler": ["diffusers", "DDIMScheduler"]}
INDEX = json.dumps({"_class_name": "Pipeline"} | COMPONENTS)


def repository(**changes: bytes | None) -> Repository:
    files = {
        "model_index.json": INDEX.encode(), "README.md": b"a page", "unet/config.json": b"{}", "unet/code.py": b"raise",
        "unet/diffusion_pytorch_model.safetensors": b"x" * 3000, "scheduler/scheduler_config.json": b"{}",
    }  # fmt: skip
    files |= changes
    return Repository({name: content for name, content in files.items() if content is not None})


@pytest.fixture
def plan(hub):
    """plan(repository, source, ...): what fetching takes."""

    def plan(held: Repository, source: str = NAME, **options):
        hub.repositories[NAME] = held
        return plan_fetch(source, endpoint=hub.endpoint, **options)

    return plan


def test_a_plan_is_of_one_commit_with_its_licence_and_the_index_first(plan):
    found = plan(repository())
    assert (found.id, found.revision, found.at.commit, found.licence) == (NAME, "main", COMMIT, "openrail++")
    assert [each.name for each in found.wanted] == [
        "model_index.json", "README.md", "unet/config.json", "unet/diffusion_pytorch_model.safetensors",
        "scheduler/scheduler_config.json",
    ]  # fmt: skip
    assert found.size == len(INDEX) + 6 + 2 + 3000 + 2


def test_what_can_be_read_as_it_is_stays_in_the_cache_and_the_rest_has_a_folder_of_its_own(plan, cache_folder, store_folder):
    found = plan(repository())
    assert not found.rearranged and found.folder == cache.snapshot_folder(NAME, COMMIT)
    old = {"unet/diffusion_pytorch_model.safetensors": None, "unet/diffusion_pytorch_model.bin": b"x" * 3000}
    found = plan(repository(**old))
    assert found.rearranged and found.folder == store.folder_of(NAME, COMMIT) and found.folder.is_relative_to(store_folder)


def test_nothing_is_there_before_it_is_fetched(plan):
    assert not plan(repository()).is_there


def test_a_file_is_cached_when_it_is_whole(cache_folder):
    file = RemoteFile("unet/config.json", 2, "")
    path = cache.snapshot_folder(NAME, COMMIT) / file.name
    assert not is_cached(NAME, COMMIT, file)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"{")
    assert not is_cached(NAME, COMMIT, file)
    path.write_bytes(b"{}")
    assert is_cached(NAME, COMMIT, file)


def test_a_motion_adapter_has_no_index(plan):
    held = Repository({
        "config.json": b'{"_class_name": "MotionAdapter"}', "diffusion_pytorch_model.safetensors": b"x" * 3000,
        "README.md": b"a page",
    })  # fmt: skip
    names = [each.name for each in plan(held).wanted]
    assert names == ["README.md", "config.json", "diffusion_pytorch_model.safetensors"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model_index.json": None}, "is not in diffusers' layout"),
        ({"model_index.json": b"{"}, "model_index.json of someone/tiny-model is damaged on the hub"),
        ({"model_index.json": b"[]"}, "is damaged on the hub"),
        ({"model_index.json": b'{"unet": "x"}'}, "can't be used: .*names 'x' for unet"),
        ({"unet/config.json": None}, "can't be used: its component unet .* lacks config.json"),
    ],
)
def test_a_repository_that_is_no_model_is_one_sentence(plan, changes, said):
    with pytest.raises(ModelError, match=said):
        plan(repository(**changes))


@pytest.mark.parametrize(
    ("source", "said"),
    [("not an id", "is no id"), ("someone/other", "is not on the Hugging Face hub"), (f"{NAME}@v9", "has no revision 'v9'")],
)
def test_what_is_not_on_the_hub_is_one_sentence(plan, source, said):
    with pytest.raises(ModelError, match=said):
        plan(repository(), source)
