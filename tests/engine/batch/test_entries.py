import json
import re

import pytest

from engine.batch.entries import Entry, read_entries, slug
from engine.contract.request import Request


def entries_of(tmp_path, *rows: dict, **defaults) -> list[Entry]:
    path = tmp_path / "b.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return read_entries(path, defaults)


def test_what_a_row_leaves_open_is_the_command_s(tmp_path):
    first, second = entries_of(
        tmp_path, {"prompt": "a red ball"}, {"prompt": "a blue cube", "quality": "high", "seed": 3}, quality="draft"
    )
    assert first == Entry(1, "a-red-ball", "a red ball", Request("a red ball", quality="draft"), seeded=False)
    assert second == Entry(2, "a-blue-cube-3", "a blue cube", Request("a blue cube", quality="high", seed=3))


def test_names_are_unique_and_stay_where_a_row_is_mended(tmp_path):
    rows = [{"prompt": "a red ball"}, {"prompt": "a red ball", "seed": "x"}, {"prompt": "a red ball"}]
    rows += [{"prompt": "a red ball", "name": "A-red-ball-2"}, {"prompt": "a red ball"}]
    names = [entry.name for entry in entries_of(tmp_path, *rows)]
    assert names == ["a-red-ball", "a-red-ball-x", "a-red-ball-3", "A-red-ball-2", "a-red-ball-4"]
    mended = [entry.name for entry in entries_of(tmp_path, rows[0], {"prompt": "a red ball", "seed": 1}, *rows[2:])]
    assert mended[2:] == names[2:]


@pytest.mark.parametrize(
    ("prompt", "seed", "name"),
    [("A red ball, bouncing!", 7, "a-red-ball-bouncing-7"), ("../..", None, "job"), ("ein Bär", None, "ein-bär"),
     ("x" * 99, 1, "x" * 48 + "-1"), ("one_two", None, "one-two")],
)  # fmt: skip
def test_a_prompt_becomes_a_folder_s_name(prompt, seed, name):
    assert slug(prompt, seed) == name


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"prompt": "a red ball", "seed": "x"}, "Row 2, column seed: seed is 'x': give a whole number from 0"),
        ({"prompt": "a red ball", "quality": "best"}, "Row 2, column quality: There is no quality 'best': choose draft or"),
        ({"prompt": "a red ball", "keep_going": "maybe"}, "Row 2, column keep_going: keep_going is .maybe.: give true or"),
        ({"prompt": "a corgi"}, 'Row 2, column prompt: .*"corgi"'),
        ({"prompt": ""}, "Row 2, column prompt: The prompt is empty"),
        ({"seed": 1}, "Row 2, column prompt: there is none"),
        ({"prompt": 3}, "Row 2, column prompt: The prompt is empty"),
        ({"prompt": "a red ball", "mesh": "none.obj"}, "Row 2, column mesh: there is no file .*none.obj"),
        ({"prompt": "a red ball", "mode": "3d", "dynamic_steps": 3}, "Row 2: A still object has no dynamic stage"),
        ({"prompt": "a red ball", "preset": "custom"}, "Row 2: .*lacks models"),
        ({"prompt": "a red ball", "name": "a/b"}, "Row 2, column name: 'a/b' can't be a folder"),
        ({"prompt": "a red ball", "name": ".."}, "Row 2, column name: '..' can't be a folder"),
        ({"prompt": "a red ball", "name": "Index.html"}, "Row 2, column name: 'Index.html' is a file of the batch's own"),
        ({"prompt": "a red ball", "name": "GOOD"}, "Row 2, column name: a row before has the name 'GOOD'"),
        ({"prompt": "a red ball", "sed": 1}, "Row 2: there is no column 'sed'; there are name, prompt,"),
    ],
)
def test_a_bad_row_is_told_with_row_and_column_and_the_others_go_on(tmp_path, row, said):
    before, bad, after = entries_of(tmp_path, {"prompt": "a red ball", "name": "good"}, row, {"prompt": "a blue cube"})
    assert before.request and after.request and not before.fault and not after.fault
    assert bad.request is None
    assert re.match(said, bad.fault), bad.fault


def test_files_are_meant_beside_the_list(tmp_path):
    (tmp_path / "meshes").mkdir()
    (tmp_path / "meshes" / "dog.obj").write_text("v 0 0 0\n")
    (tmp_path / "own").mkdir()
    entry, = entries_of(tmp_path, {"prompt": "a dog running", "mesh": "meshes/dog.obj"})
    assert entry.request.mesh == str(tmp_path / "meshes" / "dog.obj")
    models = {"image_model": "own", "video_model": "org/model", "upscale_model": "org/up"}
    entry, = entries_of(tmp_path, {"prompt": "a dog running", "preset": "custom", **models})
    assert (entry.request.image_model, entry.request.video_model) == (str(tmp_path / "own"), "org/model")
