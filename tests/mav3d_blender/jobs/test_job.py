from dataclasses import asdict

import pytest

from mav3d_blender.jobs.job import Job, job_from_dict


def test_a_job_comes_back_from_its_values_and_ignores_new_ones():
    job = Job("a-1", "/jobs/a-1", {"prompt": "a ball"}, state="DONE", step=3, eta_s=1.5, target={"scene": "Scene"})
    assert job_from_dict(asdict(job) | {"owner": {}, "newer": 1}, "a-1") == job


@pytest.mark.parametrize(
    "change", [{"id": "b"}, {"state": "SLEEPING"}, {"step": "1"}, {"request": [1]}, {"eta_s": None}, {"target": "Scene"}]
)
def test_values_of_another_kind_are_no_job(change):
    with pytest.raises(ValueError):
        job_from_dict(asdict(Job("a", "/a", {})) | change, "a")


@pytest.mark.parametrize("name", ["", "-a", "a/b", "..", "a" * 101])
def test_a_name_is_no_path(name):
    with pytest.raises(ValueError):
        job_from_dict(asdict(Job(name, "/a", {})), name)


def test_a_job_has_begun_when_the_engine_has_written_its_folder(tmp_path):
    job = Job("a", str(tmp_path), {})
    assert job.active and not job.begun
    (tmp_path / "job.json").write_text("{}")
    assert job.begun
