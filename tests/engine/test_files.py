import os

import pytest

from engine.files import write_text, written_aside


def test_a_file_is_there_when_it_is_whole(tmp_path):
    path = tmp_path / "file.json"
    with written_aside(path) as part:
        part.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole" and list(tmp_path.iterdir()) == [path]


def test_what_goes_wrong_leaves_what_there_was(tmp_path):
    path = tmp_path / "file.json"
    write_text(path, "before")
    with pytest.raises(RuntimeError), written_aside(path) as part:
        part.write_text("half")
        raise RuntimeError("the disk is full")
    assert path.read_text() == "before" and list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_who_may_read_it_is_for_the_users_umask_to_say(tmp_path, umask, mode):
    path, before = tmp_path / "state", os.umask(umask)
    try:
        with written_aside(path) as part:
            part.touch(0o600)
        assert path.stat().st_mode & 0o777 == mode
    finally:
        os.umask(before)
