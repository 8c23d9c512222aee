"""The table of models, with one of the presets' models on disk and one that broke off."""

import pytest

from engine.models.hub import cache
from engine.models.overview import Row, overview, size_text, table
from engine.models.presets import PRESETS

COMMIT = "c0ffee" + "0" * 34


@pytest.fixture
def broken_off(cache_folder) -> str:
    """The beginning of a file is all there is of this model."""
    blob = cache.blob("someone/half", "0" * 64 + cache.INCOMPLETE)
    blob.parent.mkdir(parents=True)
    blob.write_bytes(b"x" * 1_500_000)
    return "someone/half"


@pytest.fixture
def adapter(cache_folder) -> str:
    """A whole model that no preset names."""
    import torch
    from safetensors.torch import save_file

    folder = cache.snapshot_folder("someone/adapter", COMMIT)
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"_class_name": "MotionAdapter"}')
    (folder / "README.md").write_text("---\nlicense: mit\n---\n")
    save_file({"a": torch.zeros(1000)}, folder / "diffusion_pytorch_model.safetensors")
    cache.set_reference("someone/adapter", "main", COMMIT)
    return "someone/adapter"


def test_every_preset_s_models_are_there_by_role(cache_folder):
    rows = {row.use: row for row in overview()}
    for name in ("primitives", "paper", "open"):
        for role, source in PRESETS[name].sources().items():
            row = rows[f"{name} {role}"]
            if name == "primitives":
                assert row.model == "built in" and row.bytes > 0 and row.verified and row.commercial
            else:
                assert row.model == source and row.bytes is None and row.licence
    assert not any(use.startswith("custom") for use in rows)


def test_no_model_is_there_twice(cache_folder):
    public = [row.model for row in overview() if row.model != "built in"]
    assert len(set(public)) == len(public)


def test_what_else_is_on_disk_is_there_with_its_licence(adapter):
    (row,) = [row for row in overview() if row.model == adapter]
    assert (row.use, row.licence, row.commercial, row.verified, row.download_gb) == ("", "mit", None, False, None)
    assert 4000 < row.bytes < 6000 and row.as_message()["bytes"] == row.bytes


def test_the_table_has_a_column_each_and_tells_of_what_broke_off(broken_off):
    rows = [
        Row("mine image", "a/model", 2_340_000_000, 5.0, 3.25, "mit", True, False, True),
        Row("", "b/model", None, None, None, "other", None, True, False),
    ]
    lines = table(rows).splitlines()
    assert lines[0].split("  ")[0] == "for" and set(lines[1]) == {"-", " "}
    assert [cell.strip() for cell in lines[2].split("  ") if cell.strip()] == [
        "mine image", "a/model", "2.3 GB", "~5 GB", "~3.25 GB", "mit", "yes", "yes",
    ]  # fmt: skip
    last = [cell.strip() for cell in lines[3].split("  ") if cell.strip()]
    assert last == ["b/model", "no", "other, gated", "see license", "no"]
    assert f"  {broken_off}: 1.5 MB" in lines


@pytest.mark.parametrize(("size", "text"), [(0, "0.0 MB"), (1_250_000, "1.2 MB"), (999_000_000, "999.0 MB"), (10**9, "1.0 GB")])
def test_sizes_are_for_people(size, text):
    assert size_text(size) == text
