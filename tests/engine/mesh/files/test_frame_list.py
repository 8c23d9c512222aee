"""Which files are frames, in what order, and when each is shown."""

from fractions import Fraction
from pathlib import Path

import pytest

from engine.mesh.files.frame import MeshError
from engine.mesh.files.frame_list import FrameList, list_frames, timing


def touch(folder: Path, *names: str) -> list[Path]:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("any content")
    return [folder / name for name in names]


def names(found: FrameList) -> list[str]:
    return [path.name for path in found.paths]


def numbered(*numbers: int | str) -> FrameList:
    return FrameList([Path(f"{n}.obj") for n in numbers], [Fraction(n) for n in numbers], [])


@pytest.mark.parametrize(
    ("given", "ordered"),
    [
        # As a shell gives f*.obj.
        (["f10.obj", "f11.obj", "f8.obj", "f9.obj"], ["f8.obj", "f9.obj", "f10.obj", "f11.obj"]),
        (["f_-1.obj", "f_-2.obj", "f_0.obj", "f_1.obj"], ["f_-2.obj", "f_-1.obj", "f_0.obj", "f_1.obj"]),
        (["f_-01.obj", "f_-02.obj", "f_-03.obj"], ["f_-03.obj", "f_-02.obj", "f_-01.obj"]),
        (["f-1.obj", "f0.obj", "f1.obj", "f-2.obj"], ["f-2.obj", "f-1.obj", "f0.obj", "f1.obj"]),
        (["shot-003.obj", "shot-001.obj", "shot-002.obj"], ["shot-001.obj", "shot-002.obj", "shot-003.obj"]),
        (["clip -02.obj", "clip -01.obj"], ["clip -01.obj", "clip -02.obj"]),
        # The number that varies, wherever it is; of several the one that counts.
        (["v2_10_low.obj", "v2_9_low.obj"], ["v2_9_low.obj", "v2_10_low.obj"]),
        (["sim3.0011.t99.obj", "sim3.0010.t5.obj"], ["sim3.0010.t5.obj", "sim3.0011.t99.obj"]),
        (["frame_2_red.obj", "frame_1_blue.obj"], ["frame_1_blue.obj", "frame_2_red.obj"]),
        (["red_10.obj", "blue_9.obj"], ["blue_9.obj", "red_10.obj"]),
        (["t_1.0.obj", "t_0.25.obj", "t_0.5.obj", "t_1.25.obj"], ["t_0.25.obj", "t_0.5.obj", "t_1.0.obj", "t_1.25.obj"]),
        # What int() reads and what it does not.
        (["f\u0662.obj", "f\u0661.obj"], ["f\u0661.obj", "f\u0662.obj"]),
        (["a\u00b2_2.obj", "a\u00b2_1.obj"], ["a\u00b2_1.obj", "a\u00b2_2.obj"]),
        (["F_2.OBJ", "f_1.obj"], ["f_1.obj", "F_2.OBJ"]),
    ],
)
def test_frames_are_in_the_order_of_their_numbers(tmp_path, given, ordered):
    paths = touch(tmp_path / "frames", *given)
    found = list_frames(paths)
    assert names(found) == ordered
    assert ("not in the order given" in " ".join(found.notes)) == (given != ordered)
    # A folder, which has no order of its own, gives the same without a word.
    assert names(list_frames([tmp_path / "frames"])) == ordered


def test_names_without_a_number_stay_as_given_and_a_folders_are_alphabetical(tmp_path):
    paths = touch(tmp_path / "frames", "walk.obj", "jump\u00b2.obj", "run.obj")
    found = list_frames(paths)
    assert names(found) == ["walk.obj", "jump\u00b2.obj", "run.obj"] and found.numbers is None
    assert found.notes == ["File names have no number that orders them: they are taken in the order given."]
    found = list_frames([tmp_path / "frames"])
    assert names(found) == ["jump\u00b2.obj", "run.obj", "walk.obj"]
    assert found.notes == ["File names have no number that orders them: they are taken alphabetically."]


def test_a_file_named_twice_is_an_order_that_was_meant(tmp_path):
    one, two = touch(tmp_path / "frames", "f_1.obj", "f_2.obj")
    assert names(list_frames([one, two, one])) == ["f_1.obj", "f_2.obj", "f_1.obj"]


def test_hidden_files_and_other_kinds_are_no_frames(tmp_path):
    touch(tmp_path / "frames", "._f_0.obj", "._f_1.obj", ".DS_Store", "f_0.obj", "f_1.obj", "a.mtl", "skin.png")
    assert names(list_frames([tmp_path / "frames"])) == ["f_0.obj", "f_1.obj"]
    assert names(list_frames(sorted((tmp_path / "frames").glob("*.obj")))) == ["f_0.obj", "f_1.obj"]
    assert names(list_frames([tmp_path / "frames" / "*f_*"])) == ["f_0.obj", "f_1.obj"]


@pytest.mark.parametrize("pattern", ["f_*.obj", "f_####.obj", "f_%04d.obj", "f_000[12].obj", "*.obj"])
def test_a_pattern_is_as_good_as_a_list(tmp_path, pattern):
    touch(tmp_path / "frames", "f_0002.obj", "f_0001.obj", "g_0001.ply")
    assert names(list_frames([tmp_path / "frames" / pattern])) == ["f_0001.obj", "f_0002.obj"]


def test_folders_may_be_named_as_patterns_are(tmp_path):
    folder = tmp_path / "shot [take 1] 50%d ##"
    touch(folder, "f_0002.obj", "f_0001.obj")
    for pattern in ("f_*.obj", "f_####.obj"):
        assert names(list_frames([folder / pattern])) == ["f_0001.obj", "f_0002.obj"]


def test_folders_may_hold_the_number(tmp_path):
    touch(tmp_path / "frames", "10/mesh.obj", "9/mesh.obj")
    found = list_frames([tmp_path / "frames" / "*" / "mesh.obj"])
    assert [path.parent.name for path in found.paths] == ["9", "10"] and found.numbers == [9, 10]


@pytest.mark.parametrize(
    "given",
    [
        ["f_0.obj", "f_1.obj", "f_0.glb", "f_1.glb"],
        ["walk_1.obj", "walk_2.obj", "run_1.obj", "run_2.obj"],
        ["take1_01.obj", "take1_02.obj", "take2_01.obj", "take2_02.obj"],
        ["a.obj", "a.ply"],
    ],
)
def test_several_sequences_are_a_question(tmp_path, given):
    paths = touch(tmp_path / "frames", *given)
    with pytest.raises(MeshError, match="more than one sequence, .*name one of them"):
        list_frames([tmp_path / "frames"])
    if "walk_1.obj" not in given:
        with pytest.raises(MeshError, match="more than one sequence"):
            list_frames(paths)


def test_what_stands_alone_beside_a_sequence_is_left_out_and_said(tmp_path):
    touch(tmp_path / "frames", "f_1.obj", "f_2.obj", "ground.obj", "f_1.stl")
    found = list_frames([tmp_path / "frames"])
    assert names(found) == ["f_1.obj", "f_2.obj"]
    assert found.notes == ["Left out, since their names are of another kind than the others: f_1.stl, ground.obj."]


def test_kinds_that_were_mixed_on_purpose_are_taken_and_said(tmp_path):
    found = list_frames(touch(tmp_path / "frames", "f_1.obj", "f_2.glb"))
    assert names(found) == ["f_1.obj", "f_2.glb"] and "glTF is turned Z up" in found.notes[0]


def test_two_files_of_one_number_are_a_question(tmp_path):
    with pytest.raises(MeshError, match="f_1.obj and f_01.obj have the same number"):
        list_frames(touch(tmp_path / "frames", "f_1.obj", "f_01.obj", "f_2.obj"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("nothing.obj", "nothing.obj is missing.*pattern"),
        ("g_*.obj", "No mesh file is meant by the pattern"),
        ("empty", "no mesh in the folder"),
        ("moving.abc", "moving.abc is a file of Alembic.*Wavefront OBJ with Animation on"),
        ("scenes", "moving.usdc is a file of USD"),
        ("notes.txt", "no mesh file known here"),
        ("a" * 300, "can't be read"),
    ],
)
def test_what_is_no_frame_is_one_sentence(tmp_path, given, said):
    touch(tmp_path, "moving.abc", "notes.txt", "scenes/moving.usdc")
    (tmp_path / "empty").mkdir()
    with pytest.raises(MeshError, match=said) as caught:
        list_frames([tmp_path / given])
    assert "\n" not in str(caught.value)


def test_an_address_is_no_file():
    with pytest.raises(MeshError, match="address on the net.*download it first"):
        list_frames([Path("https://example.com/a.glb")])


def test_missing_numbers_keep_their_times():
    when, notes = timing(numbered(1, 2, 3, 7, 9), "interpolate")
    assert when.places == [0, 1, 2, 6, 8] and when.frames == 9 and when.numbers == list(range(1, 10))
    assert notes == ["Numbers 4 to 6, 8 are missing: the mesh is interpolated there, so that the others keep their times."]
    when, notes = timing(numbered(-1, 1), "hold")
    assert when.places == [0, 1] and notes == ["Frames are numbered in steps of 2: each step is one frame of the clip."]
    when, notes = timing(numbered(-1, 0, 2), "hold")
    assert when.places == [0, 1, 3] and notes == [
        "Number 1 is missing: the frame before is held, so that the others keep their times."
    ]
    when, notes = timing(numbered(1, 2, 3, 7), "close")
    assert when.places == [0, 1, 2, 3] and when.numbers == [1, 2, 3, 7] and "closed, as asked" in notes[0]


def test_even_steps_of_any_size_are_no_gaps():
    when, notes = timing(numbered(0, 10, 20, 40), "interpolate")
    assert when.places == [0, 1, 2, 4] and when.numbers == [0, 10, 20, 30, 40]
    assert notes[0] == "Frames are numbered in steps of 10: each step is one frame of the clip." and "Number 30 is" in notes[1]
    when, notes = timing(numbered("0.04", "0.08", "0.12"), "interpolate")
    assert when.places == [0, 1, 2] and "steps of 0.04" in notes[0]


def test_a_gap_that_no_clip_should_have_is_one_sentence():
    with pytest.raises(MeshError, match="from 1 to 1000000, .* 2000 is the most: close the gaps"):
        timing(numbered(1, 2, 1000000), "interpolate")
    assert timing(numbered(1, 2, 1000000), "close")[0].places == [0, 1, 2]


def test_a_number_twice_in_a_folder_is_a_question(tmp_path):
    touch(tmp_path / "frames", "f_1.obj", "f_01.obj", "f_2.obj")
    with pytest.raises(MeshError, match="f_0?1.obj and f_0?1.obj have the same number"):
        list_frames([tmp_path / "frames"])


def test_meshes_one_folder_further_down_are_named_as_a_pattern(tmp_path):
    touch(tmp_path, "1/mesh.obj", "2/mesh.obj")
    with pytest.raises(MeshError, match=r"in the folders of .*: give a pattern in quotes, such as '.*/\*/mesh.obj'"):
        list_frames([tmp_path])


def test_an_asset_with_one_mesh_is_no_sequence(tmp_path):
    touch(tmp_path, "asset.json", "mesh.npz", "rig.npz")
    with pytest.raises(MeshError, match="is an asset with one mesh that moves already: `rig` finds bones"):
        list_frames([tmp_path])
