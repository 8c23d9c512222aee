"""What an error becomes on a command line. The command is played by a function."""

import argparse
import errno
import json
from pathlib import Path

import pytest

from engine.cli.main import COMMANDS, main, run_command, system_sentence
from engine.contract.errors import PromptError, Stopped, TakenError


def run(raised: BaseException | int, as_json: bool = False) -> int:
    def command(options, console):
        if isinstance(raised, int):
            return raised
        raise raised

    return run_command(argparse.Namespace(run=command, json=as_json))


@pytest.mark.parametrize(
    ("raised", "code"), [(0, 0), (1, 1), (PromptError("No."), 1), (Stopped("Stopped."), 130), (KeyboardInterrupt(), 130)]
)
def test_the_exit_code_says_how_it_ended(raised, code, capsys):
    assert run(raised) == code


def test_an_error_is_its_sentence_and_the_options_that_help(capsys):
    run(TakenError("out is not empty."))
    said = capsys.readouterr()
    assert said.out == "" and said.err.strip() == "out is not empty. Give another folder with --output, or add --overwrite."


def test_an_error_is_a_message_for_programs(capsys):
    run(TakenError("out is not empty."), as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["type"], told["kind"], told["message"]) == ("error", "taken", "out is not empty.")
    assert "--output" in told["advice"]


def test_what_the_system_refuses_is_one_sentence(capsys):
    assert run(PermissionError(errno.EACCES, "Permission denied", "/some/file")) == 1
    assert "at /some/file (Permission denied)" in capsys.readouterr().err
    assert system_sentence(OSError(errno.EIO, "I/O error")).startswith("The system refused something (I/O error)")
    long = system_sentence(OSError(errno.ENAMETOOLONG, "File name too long", f"/folder/{'x' * 300}"))
    assert f"The name {'x' * 40}… is too long" in long and "/folder" not in long
    inside = system_sentence(OSError(errno.ENAMETOOLONG, "File name too long", f"/folder/{'x' * 300}/job.json"))
    assert inside == long


def test_a_current_folder_that_is_gone_is_one_sentence(tmp_path, monkeypatch, capsys):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    code = main(["models", "list"])
    monkeypatch.chdir(tmp_path)
    assert code == 1 and "current folder is no longer there" in capsys.readouterr().err


def test_errors_of_the_engine_s_own_are_not_hidden():
    with pytest.raises(ZeroDivisionError):
        run(ZeroDivisionError())


def test_every_command_has_a_name_and_help(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    shown = capsys.readouterr().out
    names = [command.__name__.rpartition(".")[2] for command in COMMANDS]
    assert ended.value.code == 0 and all(f"    {name} " in shown for name in names)


def test_files_that_begin_with_a_negative_number_are_no_options(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("engine.cli.track.track", lambda options, console: given.extend(options.meshes) or 0)
    given: list[Path] = []
    for name in ("-1.obj", "0.obj"):
        Path(name).touch()
    assert main(["track", "-1.obj", "0.obj", "--output", "out"]) == 0 and given == [Path("-1.obj"), Path("0.obj")]
    with pytest.raises(SystemExit):
        main(["track", "-7.obj", "0.obj", "--output", "out"])


@pytest.mark.parametrize("arguments", [[], ["dance"], ["generate"]])
def test_a_command_that_is_none_is_refused_with_the_usage(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2 and "usage:" in capsys.readouterr().err
