import os

import pytest

from engine.files import apply_umask, replace_folder, write_text, written_aside


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


def test_what_is_written_aside_may_have_a_name_of_its_own(tmp_path):
    path, aside = tmp_path / "movie.mp4", tmp_path / ".movie.part.mp4"
    with written_aside(path, aside) as part:
        assert part == aside
        part.write_bytes(b"whole")
    assert path.read_bytes() == b"whole" and list(tmp_path.iterdir()) == [path]


def test_a_folder_takes_the_place_of_another_whole(tmp_path):
    part, folder, old = (tmp_path / name for name in ("asset.part", "asset", "asset.old"))
    for each, name in ((part, "new"), (folder, "before"), (old, "left by a run that was killed")):
        each.mkdir()
        (each / name).touch()
    replace_folder(part, folder, old)
    assert list(tmp_path.iterdir()) == [folder] and list(folder.iterdir()) == [folder / "new"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
def test_files_in_a_folder_are_for_whoever_the_umask_lets_and_links_stay_as_they_are(tmp_path):
    folder, elsewhere = tmp_path / "model", tmp_path / "shared"
    (folder / "unet").mkdir(parents=True)
    (folder / "unet" / "weights").touch(0o600)
    elsewhere.touch(0o600)
    (folder / "link").symlink_to(elsewhere)
    before = os.umask(0o022)
    try:
        apply_umask(folder)
    finally:
        os.umask(before)
    assert (folder / "unet" / "weights").stat().st_mode & 0o777 == 0o644
    assert elsewhere.stat().st_mode & 0o777 == 0o600 and (folder / "unet").is_dir()


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
