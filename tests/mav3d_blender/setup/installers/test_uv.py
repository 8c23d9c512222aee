"""Finding uv, and what it is told."""

import os
from pathlib import Path

import pytest

from mav3d_blender.setup.installers import uv
from mav3d_blender.setup.packages import variants
from mav3d_blender.setup.packages.source import Source

from ..conftest import fake_python


def program(path: Path, says: str) -> Path:
    return fake_python(path, script=f"echo '{says}'")


def test_the_first_that_runs_and_is_not_too_old_is_taken(tmp_path, monkeypatch):
    old = program(tmp_path / "old", "uv 0.6.17 (abc 2025-01-01)")
    other = program(tmp_path / "other", "universal video 1.0")
    broken = fake_python(tmp_path / "broken", script="exit 1")
    no_program = tmp_path / "text"
    no_program.write_bytes(b"MZ")
    no_program.chmod(0o755)
    good = program(tmp_path / "good", "uv 0.13.9 (x86_64-unknown-linux-gnu)")
    newer = program(tmp_path / "newer", "uv 1.2.0")
    monkeypatch.setattr(uv, "candidates", lambda folder: [tmp_path / "none", old, other, broken, no_program, good, newer])
    assert uv.find_uv(tmp_path) == good
    monkeypatch.setattr(uv, "candidates", lambda folder: [old, newer])
    assert uv.find_uv(tmp_path) == newer
    monkeypatch.setattr(uv, "candidates", lambda folder: [old])
    assert uv.find_uv(tmp_path) is None


def test_it_is_looked_for_where_it_was_fetched_then_on_the_path_then_where_it_is_usually_put(tmp_path, monkeypatch):
    on_path = program(tmp_path / "programs" / "uv", "uv 0.13.9")
    monkeypatch.setenv("PATH", str(on_path.parent))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    found = uv.candidates(tmp_path / "engines")
    assert found[:3] == [*uv.fetched(tmp_path / "engines"), on_path]
    assert tmp_path / "home" / ".local" / "bin" / "uv" in found[3:]


def test_an_environment_is_asked_for_with_a_python_of_its_own_or_one_that_is_named(tmp_path):
    own = uv.environment_command(Path("/uv"), tmp_path / "env", None)
    assert own[own.index("--python") + 1] == "3.11" and "--managed-python" in own
    named = uv.environment_command(Path("/uv"), tmp_path / "env", Path("/usr/bin/python3.12"))
    assert named[named.index("--python") + 1] == Path("/usr/bin/python3.12") and "--managed-python" not in named


def test_packages_come_as_wheels_from_the_best_of_all_indexes(tmp_path):
    cuda = variants.variant_of("cuda", "linux")
    command = uv.install_command(Path("/uv"), tmp_path, tmp_path / "list.txt", Source("https://mirror.example/simple"), cuda)
    assert command[command.index("--only-binary") + 1] == ":all:" and "--compile-bytecode" in command
    assert command[command.index("--index-strategy") + 1] == "unsafe-best-match"
    assert command[command.index("--default-index") + 1] == "https://mirror.example/simple"


def test_uv_is_fetched_from_the_packages_index_alone_into_its_folder(tmp_path):
    command = uv.fetch_command(Path("/python"), tmp_path, Source("https://mirror.example/simple", seconds=5.0, tries=2))
    assert command[:4] == [Path("/python"), "-I", "-B", uv.RUN_PIP] and str(uv.FETCHED) in command
    assert command[command.index("--target") + 1] == uv.tools(tmp_path)
    assert command[-2:] == ["--index-url", "https://mirror.example/simple"] and "--extra-index-url" not in command


def test_what_it_keeps_is_beside_the_environments_and_pips_settings_count_where_it_has_none(tmp_path):
    environ = {
        "PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "https://a/simple", "PIP_EXTRA_INDEX_URL": "https://b/simple  https://c",
        "PIP_FIND_LINKS": "/one /two", "PIP_CERT": "/company.pem", "PIP_NO_INPUT": "1", "UV_PYTHON": "3.9", "PATH": "/bin",
    }  # fmt: skip
    given = uv.settings(tmp_path, Source(seconds=7.4, tries=2), environ)
    assert given["UV_DEFAULT_INDEX"] == "https://a/simple" and given["UV_INDEX"] == "https://b/simple https://c"
    assert given["UV_FIND_LINKS"] == "/one,/two" and given["SSL_CERT_FILE"] == "/company.pem" and given["PATH"] == "/bin"
    assert "UV_PYTHON" not in given and (given["UV_HTTP_TIMEOUT"], given["UV_HTTP_RETRIES"]) == ("7", "1")
    assert all(Path(given[name]).is_relative_to(tmp_path) for name in ("UV_CACHE_DIR", "UV_PYTHON_INSTALL_DIR"))
    own = {"UV_DEFAULT_INDEX": "https://mine/simple", "UV_CACHE_DIR": "/elsewhere"}
    given = uv.settings(tmp_path, Source(), environ | own)
    assert given["UV_DEFAULT_INDEX"] == "https://mine/simple" and given["UV_CACHE_DIR"] != "/elsewhere"


def test_blenders_python_settings_do_not_reach_it(tmp_path, monkeypatch):
    for name in ("PYTHONPATH", "PYTHONHOME"):
        monkeypatch.setenv(name, "/blender")
    assert "/blender" not in uv.settings(tmp_path, Source()).values()


@pytest.mark.parametrize("seconds", [0.2, 0.9])
def test_it_waits_a_second_at_least(tmp_path, seconds):
    assert uv.settings(tmp_path, Source(seconds=seconds), {"PIP_CONFIG_FILE": os.devnull})["UV_HTTP_TIMEOUT"] == "1"
