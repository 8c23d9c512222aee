"""Finding interpreters: which count, in what order, and what is said where there is none."""

import os
import sys
from pathlib import Path

import pytest

from mav3d_blender.common import subprocesses
from mav3d_blender.setup import pythons
from mav3d_blender.setup.packages.requirements import SetupError

from .conftest import base_python, facts, fake_python


def test_the_interpreter_of_these_tests_is_found_by_what_it_says():
    found = pythons.find_pythons([base_python()])
    assert [python.version for python in found] == [sys.version_info[:3]]
    assert not found[0].fault


def test_only_versions_in_range_are_found_the_usable_ones_first_and_the_lowest_before_others(tmp_path):
    paths = [
        fake_python(tmp_path / "old", {"interpreter": facts(version=[3, 8, 10])}),
        fake_python(tmp_path / "new", {"interpreter": facts(version=[3, 14, 0])}),
        fake_python(tmp_path / "bare", {"interpreter": facts(version=[3, 11, 2], ensurepip=False)}),
        fake_python(tmp_path / "p313", {"interpreter": facts(version=[3, 13, 1])}),
        fake_python(tmp_path / "p312", {"interpreter": facts(version=[3, 12, 1])}),
        fake_python(tmp_path / "no", script="echo not a Python; exit 1"),
        tmp_path / "absent",
    ]
    found = pythons.find_pythons(paths)
    assert [python.path.name for python in found] == ["p312", "p313", "bare"]
    assert "python3.11-venv" in found[-1].fault


def test_links_to_one_interpreter_are_one(tmp_path):
    path = fake_python(tmp_path / "python3.11", {"interpreter": facts()})
    os.symlink(path, tmp_path / "python3")
    assert len(pythons.find_pythons([path, tmp_path / "python3"])) == 1


def test_an_environment_stands_for_the_interpreter_it_was_made_from(tmp_path):
    path = fake_python(tmp_path / "venv" / "python", {"interpreter": facts(base="/opt/python3.11")})
    assert pythons.describe(path).path == Path("/opt/python3.11")


def test_one_that_never_answers_is_left_out_and_ended(tmp_path, monkeypatch):
    hung = fake_python(tmp_path / "hung", script=f"echo $$ > {tmp_path / 'process'}; exec sleep 10000")
    good = fake_python(tmp_path / "good", {"interpreter": facts()})
    run = subprocesses.run

    def run_with_limit(arguments, time_limit):
        assert time_limit == 77
        return run(arguments, 0.3 if arguments[0] == hung else 600)

    monkeypatch.setattr(subprocesses, "run", run_with_limit)
    assert [python.path for python in pythons.find_pythons([hung, good], time_limit=77)] == [good]
    if (tmp_path / "process").exists():
        with pytest.raises(ProcessLookupError):
            os.kill(int((tmp_path / "process").read_text()), 0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"version": [3, 8, 10]}, "Python 3.8.10"),
        ({"implementation": "PyPy"}, "CPython"),
        ({"free_threaded": True}, "CPython"),
        ({"bits": 32}, "64-bit"),
        ({"platform": "macosx-10.9-universal2"}, "Intel"),
        ({"venv": False}, "venv"),
        ({"ensurepip": False, "platform": "win-amd64"}, "python.org"),
    ],
)
def test_why_an_interpreter_can_not_carry_the_environment(changes, words):
    assert words in pythons.python_of(Path("/python"), facts(**changes)).fault


def test_blenders_own_python_is_taken_with_a_warning(monkeypatch, tmp_path):
    path = tmp_path / "blender-5.0" / "python3.11"
    monkeypatch.setattr(sys, "executable", str(path))
    monkeypatch.setitem(sys.modules, "bpy", object())
    python = pythons.python_of(path, facts())
    assert not python.fault and "Blender's own" in python.note


@pytest.mark.parametrize(
    ("make", "seconds", "words"),
    [
        (lambda path: path, 600, "no file"),
        (lambda path: path.mkdir() or path, 600, "is a folder"),
        (lambda path: path.write_text("text") and path, 600, "not a program"),
        (lambda path: fake_python(path, script="exit 3"), 600, "does not answer as a Python 3"),
        (lambda path: fake_python(path, script="exec sleep 10000"), 0.3, "within 0.3 seconds"),
    ],
)
def test_a_wrong_path_is_one_sentence(tmp_path, make, seconds, words):
    with pytest.raises(SetupError, match=words) as raised:
        pythons.describe(make(tmp_path / "it"), seconds)
    assert str(raised.value).count(".") <= 4 and "\n" not in str(raised.value)


def test_a_file_that_is_no_program_of_this_system_is_one_sentence(tmp_path):
    path = tmp_path / "python"
    path.write_bytes(b"MZ\x00\x00")
    path.chmod(0o755)
    with pytest.raises(SetupError, match="can't be run"):
        pythons.describe(path)


def test_a_folder_with_an_environment_in_it_names_its_interpreter(tmp_path):
    path = fake_python(tmp_path / "venv" / "bin" / "python")
    with pytest.raises(SetupError, match=str(path)):
        pythons.describe(tmp_path / "venv")


@pytest.mark.parametrize(("system", "words"), [("linux", "apt install"), ("darwin", "brew"), ("win32", "python.org")])
def test_where_there_is_none_the_system_is_told_how_to_get_one(system, words):
    assert words in pythons.advice([], system)


def test_advice_names_what_is_wrong_with_the_one_that_is_there():
    lacking = pythons.python_of(Path("/usr/bin/python3.11"), facts(ensurepip=False))
    good = pythons.python_of(Path("/usr/bin/python3.12"), facts(version=[3, 12, 0]))
    assert pythons.advice([lacking]) == lacking.fault
    assert pythons.advice([lacking, good]) == ""


def test_candidates_on_linux_and_macos(tmp_path):
    kept = tmp_path / ".pyenv" / "versions" / "3.12.1" / "bin" / "python3"
    fake_python(kept)
    environ = {"PATH": os.pathsep.join(["/usr/bin", str(tmp_path / ".pyenv" / "shims")])}
    linux = pythons.candidates("linux", environ, tmp_path)
    assert Path("/usr/bin/python3.11") in linux and Path("/usr/local/bin/python3.13") in linux and kept in linux
    assert not any("shims" in path.parts for path in linux)
    mac = pythons.candidates("darwin", environ, tmp_path)
    assert Path("/Library/Frameworks/Python.framework/Versions/3.12/bin/python3.12") in mac
    assert Path("/opt/homebrew/bin/python3.11") in mac
    assert not any(path.parent == Path("/usr/bin") for path in mac)  # Apple's stub opens a dialogue


def test_candidates_on_windows(tmp_path):
    environ = {"PATH": "/WindowsApps", "LOCALAPPDATA": "C:/Local", "PROGRAMFILES": "C:/Programs"}
    found = [path.as_posix() for path in pythons.candidates("win32", environ, tmp_path)]
    assert "C:/Local/Programs/Python/Python311/python.exe" in found and "C:/Programs/Python313/python.exe" in found
    assert not any("WindowsApps" in path for path in found)


def test_what_the_windows_launcher_lists():
    text = (
        " -V:3.13          C:\\Program Files\\Python313\\python.exe\n -V:3.11 *        C:\\Python311\\python.exe\n"
        " -3.12-64 C:\\P\\python.exe\nInstalled Pythons found by py Launcher\n"
    )
    paths = [str(path) for path in pythons.parse_launcher(text)]
    assert paths == ["C:\\Program Files\\Python313\\python.exe", "C:\\Python311\\python.exe", "C:\\P\\python.exe"]
