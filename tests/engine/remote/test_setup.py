"""Setting the engine up on a host: its files packed, sent, unpacked and run there by the host's own Python."""

import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from engine.contract.errors import HostError
from engine.remote.files import file_state
from engine.remote.host import Host
from engine.remote.installed import unpack
from engine.remote.setup import check_host, install_there, pack
from mav3d_blender.setup import __main__ as there
from mav3d_blender.setup.install import Status
from tests.engine.remote.ssh_server import free_port
from tests.root import ROOT

CODE = ("engine/__init__.py", "engine/files.py", "engine/contract", "engine/remote", "mav3d_blender/__init__.py",
        "mav3d_blender/common", "mav3d_blender/setup", "requirements/engine.txt")  # fmt: skip


@pytest.fixture
def root(tmp_path) -> Path:
    """As the project, without models and what needs torch."""
    for name in CODE:
        source, target = ROOT / name, tmp_path / "root" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    (tmp_path / "root" / "mav3d_blender" / "ui").mkdir()
    (tmp_path / "root" / "mav3d_blender" / "ui" / "panels.py").write_text("import bpy")
    return tmp_path / "root"


def test_an_archive_has_what_a_host_needs_and_the_same_bytes_each_time(root, tmp_path):
    for name in ("a.zip", "b.zip"):
        pack(tmp_path / name, root)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    names = zipfile.ZipFile(tmp_path / "a.zip").namelist()
    assert "engine/remote/attach.py" in names and "mav3d_blender/setup/__main__.py" in names
    assert not [name for name in names if name.startswith("mav3d_blender/ui") or "__pycache__" in name]


def test_the_files_get_there_and_what_fails_there_is_said_here(server, root, tmp_path):
    host = Host("far", str(tmp_path / "far" / "new place"), str(server.config))
    new_enough = "python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'"
    if subprocess.run(["ssh", "-F", host.config, "far", new_enough]).returncode:
        pytest.skip("there is no python3 of 3.11 or newer on the path")
    shown = []
    for _ in range(2):
        # Nothing answers there.
        with pytest.raises(HostError, match="^On far: ") as raised:
            index = f"http://127.0.0.1:{free_port()}/simple"
            install_there(host, "cpu", lambda phase, fraction: shown.append((fraction, phase)), arguments=(index,), root=root)
        assert str(raised.value).endswith(".") and "127.0.0.1" in str(raised.value)
    assert [phase for _, phase in shown][:3] == ["Looking at Python there", "Packing the engine", "Sending 0 MB"]
    folder = Path(host.folder)
    assert (folder / "engine" / "remote" / "attach.py").read_bytes() == (ROOT / "engine" / "remote" / "attach.py").read_bytes()
    assert not list(folder.glob("*.zip")) and not list(folder.glob("unpacked*")) and not (folder / ".venv").exists()
    lines = check_host(host)
    assert [line.state for line in lines] == ["ok", "missing"] and "Install it there" in lines[1].sentence


def test_a_host_without_python_says_what_to_install(server, tmp_path, monkeypatch):
    monkeypatch.setattr("engine.remote.setup.PYTHONS", ("python-that-is-not",))
    with pytest.raises(HostError, match="There is no Python on far: install Python 3.11 or newer there"):
        install_there(Host("far", str(tmp_path / "far"), str(server.config)), "cpu", lambda *_: None)


def test_unpacking_touches_no_files_of_another_origin(root, tmp_path):
    folder, archive = tmp_path / "there", tmp_path / "there" / "engine.zip"
    (folder / ".git").mkdir(parents=True)
    pack(archive, root)
    sha256 = file_state(archive).sha256
    assert unpack(folder, archive, "0" * 64) == {"error": "the archive is damaged"}
    assert "files of another origin" in unpack(folder, archive, sha256)["error"]
    (folder / ".git").rmdir()
    (folder / "engine").mkdir()
    (folder / "engine" / "old.py").write_text("")
    assert unpack(folder, archive, sha256) == {} and not archive.exists()
    assert (folder / "engine" / "files.py").is_file() and not (folder / "engine" / "old.py").exists()
    assert sorted(path.name for path in folder.iterdir()) == ["engine", "mav3d_blender", "requirements"]
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("engine/../../evil", "")
    assert "holds 'engine/../../evil'" in unpack(folder, archive, file_state(archive).sha256)["error"]


class Installation:
    """One that ends at its third look."""

    def __init__(self, python: Path) -> None:
        self.states = [Status("running", "Downloading", 0.5)] * 2 + [Status("done", "Installed", 1.0, python=python)]

    def start(self) -> None: ...

    def poll(self) -> Status:
        return self.states.pop(0)


def test_an_environment_that_was_made_is_the_one_in_use(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(there, "LOOK_EVERY_S", 0.0)
    for version in ("engine-1", "engine-2"):
        python = tmp_path / "environments" / version / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.touch()
        assert there.follow(Installation(python), tmp_path / ".venv") == 0
        assert (tmp_path / ".venv").resolve() == python.parents[1]
        said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [each["state"] for each in said] == ["running", "done"]
    (tmp_path / ".venv").unlink()
    (tmp_path / ".venv").mkdir()
    there.follow(Installation(python), tmp_path / ".venv")
    assert "is in the way" in json.loads(capsys.readouterr().out.splitlines()[-1])["sentence"]
