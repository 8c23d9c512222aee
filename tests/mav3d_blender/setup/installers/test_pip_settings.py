"""What a user has told pip, from its files and variables."""

import os
from pathlib import Path

import pytest

from mav3d_blender.setup.installers.pip_settings import files, pip_settings


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def settings(home: Path, **environ: str) -> dict[str, str]:
    found = pip_settings({"XDG_CONFIG_HOME": str(home / "config")} | environ, "linux", home)
    # This machine's own count too.
    return {name: value for name, value in found.items() if name in ("index-url", "find-links", "proxy", "cert")}


def test_later_files_count_more_and_variables_most(tmp_path):
    write(tmp_path / ".pip" / "pip.conf", "[global]\nindex-url = https://old/simple\nfind-links =\n    /one\n    /two\n")
    write(tmp_path / "config" / "pip" / "pip.conf", "[global]\nindex-url = https://new/simple\n[install]\nproxy = http://p:1\n")
    found = settings(tmp_path)
    assert found["index-url"] == "https://new/simple" and found["find-links"] == "/one /two" and found["proxy"] == "http://p:1"
    own = write(tmp_path / "own.conf", "[global]\nindex-url = https://own/simple\n")
    assert settings(tmp_path, PIP_CONFIG_FILE=str(own))["index-url"] == "https://own/simple"
    assert settings(tmp_path, PIP_CONFIG_FILE=str(own), PIP_INDEX_URL=" https://v/simple ")["index-url"] == "https://v/simple"


def test_none_of_its_files_count_where_it_is_told_so(tmp_path):
    write(tmp_path / "config" / "pip" / "pip.conf", "[global]\nindex-url = https://new/simple\n")
    assert settings(tmp_path, PIP_CONFIG_FILE=os.devnull, PIP_CERT="/a.pem", PIP_PROXY="") == {"cert": "/a.pem"}


@pytest.mark.parametrize("text", ["index-url = no section\n", "[global\n", "[global]\nproxy = a\nproxy = b\n"])
def test_a_damaged_file_does_not_count(tmp_path, text):
    write(tmp_path / "config" / "pip" / "pip.conf", text)
    assert settings(tmp_path, PIP_CERT="/a.pem")["cert"] == "/a.pem"


def test_where_pip_looks_on_other_systems():
    mac = files({}, "darwin", Path("/Users/me"))
    assert mac[-1] == Path("/Users/me/Library/Application Support/pip/pip.conf")
    assert Path("C:/Data/pip/pip.ini") in files({"APPDATA": "C:/Data"}, "win32", Path("C:/me"))
