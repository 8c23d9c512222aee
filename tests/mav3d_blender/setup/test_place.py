from collections import namedtuple

import pytest

from mav3d_blender.setup import place
from mav3d_blender.setup.packages.requirements import SetupError
from mav3d_blender.setup.packages.variants import GB, Variant

Usage = namedtuple("Usage", "total used free")
# 1 GB to fetch, 2 GB on disk.
VARIANT = Variant("cpu", "CPU", GB, 2 * GB, "measured", "", "cpu")


@pytest.fixture
def windows(monkeypatch, tmp_path):
    monkeypatch.setattr(place.sys, "platform", "win32")
    monkeypatch.setattr(place, "_long_paths_enabled", lambda: False)
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "Local"))


def free(monkeypatch, size: int) -> None:
    monkeypatch.setattr(place.shutil, "disk_usage", lambda path: Usage(10**12, 10**12 - size, size))


def test_the_users_folder_is_taken_where_paths_may_be_long(tmp_path):
    assert place.default_folder(tmp_path / ("x" * 200)) == tmp_path / ("x" * 200)


def test_a_short_folder_on_windows(windows, tmp_path):
    long = tmp_path / ("x" * 100)
    assert place.default_folder(long) == tmp_path / "Local" / "MAV3D" and not place.fits(long)
    with pytest.raises(SetupError, match="too long a path for Windows"):
        place.check_place(long, VARIANT, begun=False)


def test_long_paths_that_windows_was_told_to_open_are_as_good(windows, monkeypatch, tmp_path):
    monkeypatch.setattr(place, "_long_paths_enabled", lambda: True)
    assert place.fits(tmp_path / ("x" * 300))


def test_there_has_to_be_room_for_what_is_fetched_and_unpacked(monkeypatch, tmp_path):
    free(monkeypatch, 3 * GB - 1)
    with pytest.raises(SetupError, match="needs 3.0 GB while it is installed and 3.0 GB are free"):
        place.check_place(tmp_path / "new" / "folder", VARIANT, begun=False)
    # What was begun has taken its room already.
    place.check_place(tmp_path, VARIANT, begun=True)
    free(monkeypatch, 3 * GB)
    place.check_place(tmp_path / "new" / "folder", VARIANT, begun=False)


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match="is a file, not a folder"):
        place.check_place(tmp_path / "file" / "engines", VARIANT, begun=False)
