"""Jobs on disk: whole, damaged, of a Blender that is gone, and of another that is not."""

import itertools
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from mav3d_blender.jobs.job import JobError
from mav3d_blender.jobs.process_identity import ProcessIdentity, current_process, host_name, start_time
from mav3d_blender.jobs.store import INTERRUPTED, SEEN_WITHIN, JobStore

REQUEST = {"prompt": "a red ball bouncing", "seed": 3}


@pytest.fixture
def neighbour():
    """Another Blender that runs."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield ProcessIdentity(child.pid, host_name(), start_time(child.pid))
    child.kill()
    child.wait()


@pytest.fixture
def gone() -> ProcessIdentity:
    """A Blender that has ended."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return ProcessIdentity(child.pid, host_name(), "1")


def reopened(store: JobStore, **options) -> JobStore:
    other = JobStore(store.folder, **options)
    assert other.load() == []
    return other


def test_a_job_comes_back_as_it_was(tmp_path):
    store = JobStore(tmp_path / "jobs")
    job = store.new(REQUEST, {"scene": "Scene", "location": (1.0, 2.0, 3.0)})
    assert Path(job.folder).is_dir() and Path(job.folder).parent == store.folder and job.state == "QUEUED"
    assert job.target["location"] == [1.0, 2.0, 3.0] and job.created.startswith("20")
    store.put(replace(job, state="DONE", asset="/somewhere", imported=True, advice="well", eta_s=1.5))
    again = reopened(store)
    assert again.get(job.id) == store.get(job.id) and again.jobs() == store.jobs()
    assert not list(store.folder.glob("*.part"))


def test_names_are_ordered_and_each_its_own(tmp_path):
    store, other = JobStore(tmp_path), JobStore(tmp_path)
    names = [store.new(REQUEST, {}).id for _ in range(30)]
    assert names == sorted(set(names)) and [job.id for job in store.jobs()] == names
    assert other.new(REQUEST, {}).id not in names


@pytest.mark.parametrize("state", ["QUEUED", "RUNNING", "CANCELLING"])
def test_a_blender_that_is_gone_leaves_interrupted_jobs(tmp_path, gone, state):
    store = JobStore(tmp_path, owner=gone, clock=itertools.count(0, 10).__next__)
    job = replace(store.new(REQUEST, {}), state=state, stage="static", step=3)
    store.put(job)
    found = reopened(store).get(job.id)
    assert (found.state, found.message, found.step) == ("INTERRUPTED", INTERRUPTED, 3)


def test_this_blender_started_anew_has_lost_its_jobs(tmp_path):
    store = JobStore(tmp_path)
    job = store.new(REQUEST, {})
    store.load()
    assert store.get(job.id).state == "QUEUED" and store.owns(job.id)
    assert reopened(store).get(job.id).state == "INTERRUPTED"


def test_a_process_of_the_same_number_is_another_one(tmp_path):
    stale = replace(current_process(), started="long ago")
    store = JobStore(tmp_path, owner=stale)
    job = store.new(REQUEST, {})
    assert reopened(store).get(job.id).state == "INTERRUPTED"


def test_two_blenders_leave_each_others_jobs_alone(tmp_path, neighbour):
    theirs, ours = JobStore(tmp_path, owner=neighbour), JobStore(tmp_path)
    job = theirs.new(REQUEST, {})
    theirs.put(replace(job, state="RUNNING"))
    assert ours.refresh() == ([job.id], []) and ours.get(job.id).state == "RUNNING" and not ours.owns(job.id)
    for deed in (ours.claim, ours.remove):
        with pytest.raises(JobError, match="another Blender"):
            deed(job.id)
    mine = ours.new(REQUEST, {})
    assert theirs.refresh()[0] == [mine.id] and theirs.get(mine.id).state == "QUEUED" and not theirs.owns(mine.id)
    theirs.put(replace(job, state="DONE", asset="/asset"))
    assert ours.refresh()[0] == [job.id] and ours.get(job.id).state == "DONE" and ours.owns(job.id)
    assert ours.refresh() == ([], [])
    ours.remove(job.id)
    assert theirs.refresh()[0] == [job.id] and theirs.get(job.id) is None


def test_a_job_is_taken_up_by_one_blender(tmp_path, neighbour):
    theirs, ours = JobStore(tmp_path, owner=neighbour), JobStore(tmp_path)
    job = theirs.new(REQUEST, {})
    theirs.put(replace(job, state="FAILED"))
    ours.load()
    theirs.put(replace(theirs.claim(job.id), state="RUNNING"))
    with pytest.raises(JobError, match="another Blender"):
        ours.claim(job.id)


def test_a_neighbour_that_ends_is_noticed(tmp_path):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    theirs = JobStore(tmp_path, owner=ProcessIdentity(child.pid, host_name(), start_time(child.pid)))
    ours, job = JobStore(tmp_path), theirs.new(REQUEST, {})
    ours.load()
    assert ours.get(job.id).state == "QUEUED"
    child.kill()
    child.wait()
    assert ours.refresh()[0] == [job.id] and ours.get(job.id).state == "INTERRUPTED"


def test_another_machine_is_trusted_while_it_shows_itself(tmp_path):
    clock = [0.0]
    theirs = JobStore(tmp_path, owner=ProcessIdentity(1, "elsewhere", "1"), clock=lambda: clock[0])
    ours, job = JobStore(tmp_path), theirs.new(REQUEST, {})
    file = tmp_path / f"{job.id}.json"
    ours.load()
    assert ours.get(job.id).state == "QUEUED"
    os.utime(file, (time.time() - SEEN_WITHIN - 10,) * 2)
    assert ours.refresh()[0] == [job.id] and ours.get(job.id).state == "INTERRUPTED"
    clock[0] = 31.0
    theirs.refresh()
    assert ours.refresh()[0] == [job.id] and ours.get(job.id).state == "QUEUED"


def test_progress_is_written_now_and_then(tmp_path):
    clock = [0.0]
    store = JobStore(tmp_path, clock=lambda: clock[0])
    job = replace(store.new(REQUEST, {}), state="RUNNING")
    store.put(job)
    file = tmp_path / f"{job.id}.json"

    def written() -> int:
        return json.loads(file.read_text())["step"]

    store.put(replace(job, step=1))
    assert written() == 0 and store.get(job.id).step == 1
    clock[0] = 5.1
    store.put(replace(job, step=2))
    assert written() == 2
    store.put(replace(job, step=3))
    assert written() == 2
    store.put(replace(job, step=4, state="CANCELLING"))
    assert written() == 4


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"\xff\xfe", b"[]", b"null", b'{"id": "other", "state": "DONE"}', b'{"id": "bad", "state": "DONE"}',
        b'{"id": "bad", "state": "SLEEPING", "folder": "/", "request": {}}', b"[" * 100_000, b" " * (2**20 + 1),
        b'{"id": "bad", "state": "DONE", "folder": "/", "request": [1]}',
        b'{"id": "bad", "state": "DONE", "folder": "/", "request": {}, "step": "1"}',
    ],
)  # fmt: skip
def test_a_damaged_file_is_said_and_the_rest_is_there(tmp_path, content):
    store = JobStore(tmp_path)
    job = store.new(REQUEST, {})
    store.put(replace(job, state="DONE"))
    (tmp_path / "bad.json").write_bytes(content)
    other = JobStore(tmp_path)
    (sentence,) = other.load()
    assert "bad.json" in sentence and [each.id for each in other.jobs()] == [job.id]
    assert other.refresh() == ([], []), "it is said once"
    assert (tmp_path / "bad.json").read_bytes() == content


def test_no_file_can_name_a_folder_elsewhere(tmp_path):
    store, outside = JobStore(tmp_path / "jobs"), tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("")
    store.folder.mkdir()
    values = {"id": "a", "state": "DONE", "request": {}, "folder": str(outside), "unknown": 1}
    (store.folder / "a.json").write_text(json.dumps(values))
    assert store.load() == [] and store.get("a").folder == str(store.folder / "a")
    store.remove("a")
    assert (outside / "precious").exists() and store.jobs() == []


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_is_removed_and_what_it_points_at_stays(tmp_path):
    store, outside = JobStore(tmp_path / "jobs"), tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("")
    job = store.new(REQUEST, {})
    store.put(replace(job, state="DONE"))
    os.rmdir(job.folder)
    os.symlink(outside, job.folder)
    store.remove(job.id)
    assert (outside / "precious").exists() and list(store.folder.iterdir()) == []


def test_a_job_goes_with_its_folder_but_not_while_it_runs(tmp_path):
    store = JobStore(tmp_path)
    job = store.new(REQUEST, {})
    (Path(job.folder) / "state.safetensors").write_text("")
    with pytest.raises(JobError, match="worked on"):
        store.remove(job.id)
    assert Path(job.folder).exists()
    store.put(replace(job, state="CANCELLED"))
    store.remove(job.id)
    assert list(tmp_path.iterdir()) == [] and reopened(store).jobs() == []
    with pytest.raises(JobError, match="no job"):
        store.remove(job.id)


@pytest.mark.skipif(os.name == "nt", reason="POSIX only")
def test_a_folder_that_can_not_be_written_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(JobError, match="make room or mend access"):
        JobStore(tmp_path / "file" / "jobs").new(REQUEST, {})


def test_a_job_that_could_not_be_saved_is_kept_in_memory(tmp_path, monkeypatch):
    store = JobStore(tmp_path)
    job = store.new(REQUEST, {})

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("mav3d_blender.common.files.os.replace", full)
        with pytest.raises(JobError, match="No space"):
            store.put(replace(job, state="DONE"))
        with pytest.raises(JobError, match="No space"):
            store.new(REQUEST, {})
    assert store.refresh() == ([], []) and [each.state for each in store.jobs()] == ["DONE"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [job.id, f"{job.id}.json"]
    store.put(replace(store.get(job.id), imported=True))
    assert reopened(store).get(job.id).state == "DONE"


def test_what_is_no_plain_value_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(TypeError):
        JobStore(tmp_path).new(REQUEST, {"scene": object()})
    assert list(tmp_path.iterdir()) == []
