"""The script, run by interpreters with and without a pip."""

import subprocess

import pytest

from mav3d_blender.setup.installers import run_pip, uv
from tests.mav3d_blender.setup.conftest import bare_environment


def version(python) -> subprocess.CompletedProcess:
    return subprocess.run([python, "-I", "-B", uv.RUN_PIP, "--version"], capture_output=True, text=True)


def test_the_pip_that_comes_with_ensurepip_is_run_and_not_installed(tmp_path):
    bare = bare_environment(tmp_path / "bare")
    if not run_pip.bundled():
        pytest.skip("this Python has no pip of ensurepip's")
    said = version(bare)
    assert said.returncode == 0 and said.stdout.startswith("pip ")
    assert subprocess.run([bare, "-m", "pip", "--version"], capture_output=True).returncode != 0


def test_one_that_has_none_at_all_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(run_pip.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(run_pip.sysconfig, "get_config_var", lambda name: str(tmp_path))
    assert run_pip.bundled() == []
    with pytest.raises(SystemExit, match="No module named pip"):
        run_pip.main()


def test_a_systems_own_folder_of_wheels_counts_as_well(tmp_path, monkeypatch):
    for name in ("pip-24.0-py3-none-any.whl", "pip-9.0-py3-none-any.whl", "setuptools-1-py3-none-any.whl"):
        (tmp_path / name).touch()
    monkeypatch.setattr(run_pip.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(run_pip.sysconfig, "get_config_var", lambda name: str(tmp_path))
    assert run_pip.bundled() == [str(tmp_path / "pip-24.0-py3-none-any.whl"), str(tmp_path / "pip-9.0-py3-none-any.whl")]
