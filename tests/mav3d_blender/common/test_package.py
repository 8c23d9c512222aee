from pathlib import Path

from mav3d_blender.common import package
from tests.root import ROOT


def test_the_root_holds_the_engine_and_the_manifest():
    assert package.ROOT == ROOT and (package.ROOT / "engine").is_dir() and package.NAME == "mav3d_blender"


def test_files_lie_in_the_user_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(package, "user_folder", lambda: tmp_path)
    assert package.user_path(package.JOBS) == tmp_path / "jobs"


def test_there_is_a_user_folder_without_an_extension():
    assert isinstance(package.user_folder(), Path)
