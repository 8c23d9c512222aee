"""One process at a time in a job folder."""

import errno
import os
import shutil
import subprocess
import sys
import threading
import time

import pytest

from engine.contract.errors import BusyError
from engine.job.lock import NAME, held
from tests.root import PATIENCE, ROOT

HOLDING = """
import sys, time
from pathlib import Path
from engine.job.lock import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(10000)
"""


@pytest.fixture
def other(tmp_path):
    """Another process that works in tmp_path / "job"."""
    command = [sys.executable, "-c", HOLDING, str(tmp_path / "job")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_process_is_told_so_in_one_sentence(other, tmp_path):
    with pytest.raises(BusyError, match="Another process works on the job in .*job: wait"), held(tmp_path / "job"):
        raise AssertionError("never here")
    with held(tmp_path / "another"):
        pass


def test_what_a_dead_process_left_is_ignored(other, tmp_path):
    other.kill()
    other.wait()
    assert (tmp_path / "job" / NAME).exists()
    with held(tmp_path / "job"):
        pass
    assert list((tmp_path / "job").iterdir()) == []


def test_a_copy_of_the_folder_is_free(other, tmp_path):
    shutil.copytree(tmp_path / "job", tmp_path / "copy")
    with held(tmp_path / "copy"):
        pass


def test_it_waits_for_one_that_leaves(other, tmp_path):
    waited = []

    def let_it_leave() -> bool:
        """Asked each time that the lock is found taken."""
        waited.append(other.poll())
        if len(waited) == 2:
            other.kill()
        return False

    with held(tmp_path / "job", patience=PATIENCE, give_up=let_it_leave):
        assert waited[:2] == [None, None] and other.wait() != 0


def test_who_waits_can_give_up(other, tmp_path):
    asked = iter([False, True])
    with pytest.raises(BusyError), held(tmp_path / "job", patience=PATIENCE, give_up=lambda: next(asked)):
        pass
    assert list(asked) == []


def test_patience_ends(other, tmp_path):
    with pytest.raises(BusyError), held(tmp_path / "job", patience=0.3):
        pass


def test_one_holder_at_a_time_also_in_one_process(tmp_path):
    inside = []

    def work() -> None:
        with held(tmp_path, patience=PATIENCE):
            inside.append(1)
            assert len(inside) == 1
            time.sleep(0.01)
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert inside == [] and list(tmp_path.iterdir()) == []
    with held(tmp_path), pytest.raises(BusyError), held(tmp_path):
        pass


@pytest.mark.skipif(os.name == "nt", reason="another call there")
@pytest.mark.parametrize("number", [errno.EOPNOTSUPP, errno.ENOSYS, errno.ENOLCK])
def test_where_there_are_no_locks_it_is_told_and_goes_on(number, tmp_path, monkeypatch, capsys):
    def unsupported(descriptor, operation):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", unsupported)
    entered = False
    with held(tmp_path):
        entered = True
    assert entered and "can't be locked" in capsys.readouterr().err


def test_a_folder_that_is_removed_meanwhile_is_no_matter(tmp_path):
    with held(tmp_path / "job"):
        shutil.rmtree(tmp_path / "job")


def test_a_file_is_for_whoever_writes_there(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file" / "job", tmp_path / "file"):
        with held(folder):
            pass
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everything can be written to")
def test_a_closed_folder_is_for_whoever_writes_there(tmp_path, capsys):
    (tmp_path / "closed").mkdir(mode=0o500)
    for folder in (tmp_path / "closed", tmp_path / "closed" / "job"):
        with held(folder):
            pass
    assert capsys.readouterr().err == ""
