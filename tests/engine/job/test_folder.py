import json

import pytest

from engine.config.quality import DRAFT, STANDARD
from engine.contract.errors import DamagedError, DivergedError, JobError
from engine.job.folder import JobFolder, Progress, is_complete


@pytest.mark.parametrize(
    ("progress", "whole"),
    [
        (Progress("super_resolution", 30), True),
        (Progress("super_resolution", 40), True),
        (Progress("super_resolution", 29), False),
        (Progress("dynamic", 120), False),
    ],
)
def test_a_run_went_through_when_no_step_is_left(progress, whole):
    """Also where the quality had more steps when the run was made."""
    assert is_complete(progress, STANDARD) == whole


def test_a_draft_ends_with_its_dynamic_stage():
    assert is_complete(Progress("dynamic", DRAFT.dynamic.steps), DRAFT)
    assert not is_complete(Progress("static", DRAFT.static.steps), DRAFT)


def test_the_same_request_is_taken_up_and_another_is_not(tmp_path):
    folder = JobFolder(tmp_path / "job")
    folder.open({"prompt": "a", "seed": 1}, {"engine": "x"})
    folder.open({"prompt": "a", "seed": 1}, {"engine": "x"})
    with pytest.raises(JobError, match="different seed"):
        folder.open({"prompt": "a", "seed": 2}, {"engine": "x"})
    assert json.loads((tmp_path / "job" / "job.json").read_text())["request"]["seed"] == 1
    folder.open({"prompt": "a", "seed": 2}, {"engine": "x"}, overwrite=True)
    assert folder.request()["seed"] == 2


def test_what_may_change_in_a_job_is_sent_to_resume(tmp_path):
    folder = JobFolder(tmp_path / "job")
    folder.open({"prompt": "a", "seed": 1, "keep_going": False}, {"engine": "x"})
    with pytest.raises(JobError, match="holds this job with different keep_going: resume can"):
        folder.open({"prompt": "a", "seed": 1, "keep_going": True}, {"engine": "x"})
    with pytest.raises(JobError, match="holds another job"):
        folder.open({"prompt": "a", "seed": 2, "keep_going": True}, {"engine": "x"})


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(JobError, match="holds no job"):
        JobFolder(tmp_path).open({"prompt": "a"}, {})
    JobFolder(tmp_path).open({"prompt": "a"}, {}, overwrite=True)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_place_that_can_not_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "job", tmp_path / "file"):
        with pytest.raises(JobError, match=f"can't be made, since {tmp_path / 'file'} is a file: give another folder"):
            JobFolder(path).open({"prompt": "a"}, {})


def test_a_job_file_that_can_not_be_read_is_not_called_damaged(tmp_path):
    (tmp_path / "job.json").mkdir()
    with pytest.raises(JobError, match="job.json can't be read .*: mend access to it") as caught:
        JobFolder(tmp_path).request()
    assert not isinstance(caught.value, DamagedError)


def test_a_folder_inside_or_around_a_job_s_is_answered_with_that(tmp_path):
    (tmp_path / "job" / "asset").mkdir(parents=True)
    (tmp_path / "job" / "job.json").write_text("{}")
    for given in (tmp_path / "job" / "asset", tmp_path):
        with pytest.raises(JobError, match=f"the job is in {tmp_path / 'job'}.$"):
            JobFolder(given).request()


def test_a_name_that_is_too_long_is_one_sentence(tmp_path):
    with pytest.raises(JobError, match="too long for this file system: choose a shorter one"):
        JobFolder(tmp_path / ("x" * 300)).open({"prompt": "a"}, {})


def test_a_full_disk_is_one_sentence_before_work_starts(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 5 * 2**20})())
    with pytest.raises(JobError, match="Only 5 MB are free"):
        JobFolder(tmp_path / "job").open({"prompt": "a"}, {})


def test_a_file_of_a_job_is_answered_with_its_folder(tmp_path):
    (tmp_path / "job.json").write_text("{}")
    with pytest.raises(JobError, match=f"give the folder of the job, {tmp_path}"):
        JobFolder.of(tmp_path / "job.json")
    assert JobFolder.of(tmp_path).path == tmp_path


def test_a_folder_without_a_job_can_not_be_resumed(tmp_path):
    with pytest.raises(JobError, match="no job"):
        JobFolder(tmp_path).request()


def test_an_event_that_is_not_finite_is_refused(tmp_path):
    folder = JobFolder(tmp_path)
    folder.log({"type": "progress", "metrics": {"motion": 0.5}})
    with pytest.raises(DivergedError, match="events.jsonl"):
        folder.log({"type": "progress", "metrics": {"motion": float("nan")}})
    assert len(folder.events.read_text().splitlines()) == 1


DAMAGED = ["[1]", "1e400", "[" * 100_000, '"request"', '{"request": []}', '{"request": {}, "shares": {"static": NaN}}', "{"]


@pytest.mark.parametrize("content", DAMAGED, ids=range(len(DAMAGED)))
def test_a_job_file_that_holds_something_else_is_damaged(tmp_path, content):
    (tmp_path / "job.json").write_text(content)
    with pytest.raises(DamagedError, match="begin the job anew") as caught:
        JobFolder(tmp_path).request()
    assert "indices" not in str(caught.value)
