"""Files there and back by a real sftp: what was cut goes on, what is wrong begins anew, what does not fit is said."""

import os
import random
import subprocess
import threading

import pytest

from engine.contract.errors import HostError, TransferError
from engine.remote.transfer import get_files, put_files, quoted
from tests.waiting import until

ODD = ("plain", "two words", "it's [1]*?.png", 'quote".obj', "back\\slash", "grün/ü.mtl", "#hash", "-dash")


@pytest.fixture
def said(ssh, monkeypatch):
    """What sftp is told."""
    lines: list[str] = []
    real = ssh.sftp
    monkeypatch.setattr(ssh, "sftp", lambda given: (lines.extend(given), real(given)))
    return lines


def test_odd_names_go_there_and_come_back(ssh, far, tmp_path):
    content = {name: os.urandom(1000) + name.encode() for name in ODD if "\\" not in name}
    for name, data in content.items():
        (tmp_path / "here" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "here" / name).write_bytes(data)
    put_files(ssh, str(far / "there"), {name: tmp_path / "here" / name for name in content})
    assert {name: (far / "there" / name).read_bytes() for name in content} == content
    assert set(get_files(ssh, str(far / "there"), ["*"], tmp_path / "back")) == set(content)
    assert {name: (tmp_path / "back" / name).read_bytes() for name in content} == content
    assert not list(far.rglob("*.part")) and not list((tmp_path / "back").rglob("*.part"))


def test_what_is_there_already_does_not_travel_again(ssh, far, tmp_path, said):
    (tmp_path / "a").write_bytes(b"abc")
    for _ in range(2):
        put_files(ssh, str(far / "there"), {"a": tmp_path / "a"})
        get_files(ssh, str(far / "there"), ["a"], tmp_path / "back")
    assert [line.split()[0] for line in said] == ["put", "reget"]


def test_a_cut_file_goes_on_and_a_wrong_piece_begins_anew(ssh, far, tmp_path, said):
    data = random.Random(1).randbytes(300_000)
    (tmp_path / "a").write_bytes(data)
    there, back = far / "there", tmp_path / "back"
    there.mkdir()
    back.mkdir()
    for piece, verbs in ((data[:100_000], ["reput"]), (b"wrong" * 100_000, ["put"]), (b"wrong", ["reput", "put"])):
        said.clear()
        (there / "a").unlink(missing_ok=True)
        (there / "a.part").write_bytes(piece)
        put_files(ssh, str(there), {"a": tmp_path / "a"})
        assert (there / "a").read_bytes() == data and [line.split()[0] for line in said] == verbs
        (back / "a").unlink(missing_ok=True)
        (back / "a.part").write_bytes(piece)
        get_files(ssh, str(there), ["a"], back)
        assert (back / "a").read_bytes() == data and not (back / "a.part").exists()


def test_files_that_can_not_be_read_or_named(ssh, far, tmp_path):
    with pytest.raises(TransferError, match="none can't be read"):
        put_files(ssh, str(far / "there"), {"a": tmp_path / "none"})
    with pytest.raises(TransferError, match="line break"):
        quoted("a\nput secrets")
    (far / "file").write_bytes(b"")
    (tmp_path / "a").write_bytes(b"a")
    with pytest.raises(TransferError, match="far can't do that in .*file/below"):
        put_files(ssh, f"{far}/file/below", {"a": tmp_path / "a"})
    with pytest.raises(TransferError, match="offers a file that can't be one"):
        ssh.ask = lambda request: {"files": {"../../evil": [1, "00"]}}
        get_files(ssh, str(far), ["*"], tmp_path / "back")


def test_a_full_disk_there_is_said(ssh, far, tmp_path):
    small = far / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(small)], capture_output=True).returncode:
        pytest.skip("no small disk can be made here")
    try:
        (tmp_path / "large").write_bytes(os.urandom(5 * 2**20))
        with pytest.raises(TransferError, match=r"The disk of far is full: \d MB are free in .*small, and 5 MB needed"):
            put_files(ssh, str(small), {"large": tmp_path / "large"})
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_who_is_stopped_waits_for_nothing(ssh, far):
    ended = []
    thread = threading.Thread(target=lambda: ended.append(_interrupted(lambda: ssh.run("sleep 600"))))
    thread.start()
    until(lambda: thread.is_alive())
    ssh.stopped = lambda: True
    thread.join()
    assert ended == [True]
    ssh.stopped = lambda: False
    assert ssh.run("echo there").strip() == "there"
    with pytest.raises(HostError, match="exit status 7"):
        ssh.run("exit 7")


def _interrupted(run) -> bool:
    try:
        run()
    except InterruptedError:
        return True
    return False
