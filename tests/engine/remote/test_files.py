import hashlib
import json

import pytest

from engine.remote.answers import answer
from engine.remote.files import FileState, file_state, inside, list_files, take_parts

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_file_by_its_size_and_hash(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert file_state(tmp_path / "a") == FileState(3, ABC)


def test_patterns_mean_files_and_folders_but_no_links_and_no_parts(tmp_path):
    (tmp_path / "asset").mkdir()
    for name in ("asset/a", "asset/b.part", "job.json", "job.2.json", "state.safetensors"):
        (tmp_path / name).write_bytes(b"abc")
    (tmp_path / "asset" / "link").symlink_to(tmp_path / "job.json")
    assert set(list_files(tmp_path, ["asset", "job.json", "job.*.json", "none"])) == {"asset/a", "job.json", "job.2.json"}


def test_a_part_gets_its_name_when_its_hash_is_right(tmp_path):
    (tmp_path / "a.part").write_bytes(b"abc")
    (tmp_path / "b.part").write_bytes(b"ab")
    (tmp_path / "c").write_bytes(b"abc")
    (tmp_path / "d").write_bytes(b"xyz")
    wanted = dict.fromkeys(("a", "b", "c", "d", "sub/e"), ABC)
    assert take_parts(tmp_path, wanted) == {"b": 2, "d": 0, "sub/e": 0}
    assert (tmp_path / "a").read_bytes() == b"abc" and not (tmp_path / "a.part").exists()
    assert (tmp_path / "sub").is_dir() and (tmp_path / "d").read_bytes() == b"xyz"


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../a", "a/../../b", "a\\b", "a\0"])
def test_no_name_leaves_its_folder(tmp_path, name):
    with pytest.raises(ValueError, match="no name of a file"):
        inside(tmp_path, name)
    assert "can't be read" in answer({"do": "take", "folder": str(tmp_path), "files": {name: ABC}})["error"]


def test_answers(tmp_path):
    folder = str(tmp_path / "new")
    assert answer({"do": "take", "folder": folder, "files": {"a": ABC}}) == {"missing": {"a": 0}}
    (tmp_path / "new" / "a.part").write_bytes(b"abX")
    assert answer({"do": "take", "folder": folder, "files": {"a": ABC}}) == {"missing": {"a": 3}}
    assert answer({"do": "drop", "folder": folder, "files": ["a"]}) == {} and not (tmp_path / "new" / "a.part").exists()
    (tmp_path / "new" / "a").write_bytes(b"abc")
    assert answer({"do": "list", "folder": folder, "patterns": ["*"]}) == {"files": {"a": [3, ABC]}}
    assert answer({"do": "space", "folder": folder})["free"] > 0
    assert "nothing to do for 'x'" in answer({"do": "x", "folder": folder})["error"]
    assert "can't be read" in answer({"folder": folder})["error"]
    (tmp_path / "file").write_bytes(b"")
    refused = answer({"do": "take", "folder": str(tmp_path / "file" / "below"), "files": {}})
    assert refused == {"error": "Not a directory", "file": str(tmp_path / "file" / "below")}
    assert json.dumps(refused) and hashlib.sha256(b"abc").hexdigest() == ABC
