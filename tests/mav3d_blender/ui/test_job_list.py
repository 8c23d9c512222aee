import pytest

from mav3d_blender.jobs.job import Job
from mav3d_blender.ui.job_list import detail_text, progress_text, sorted_jobs, state_text


def test_a_running_job_says_how_far_it_is():
    job = Job("a", "", {}, state="RUNNING", stage="super_resolution", step=5, steps=20, eta_s=70)
    assert progress_text(job) == "Detail 5/20, 1 min 10 s left"
    assert progress_text(Job("a", "", {}, state="RUNNING")) == "Starting"


@pytest.mark.parametrize(
    ("job", "waits", "text"),
    [
        ({"state": "QUEUED"}, "", "Queued"),
        ({"state": "CANCELLING"}, "", "Stopping, keeping a checkpoint"),
        ({"state": "DONE", "imported": True}, "", "Done"),
        ({"state": "DONE"}, "", "Done, not placed yet"),
        ({"state": "DONE"}, "Waits for Object Mode", "Waits for Object Mode"),
    ],
)
def test_other_jobs_say_their_state(job, waits, text):
    assert state_text(Job("a", "", {}, **job), waits) == text


def test_what_was_asked_for_is_in_the_panels_words():
    assert detail_text(Job("a", "", {"quality": "draft", "seed": 3})) == "Draft, Seed 3"
    assert detail_text(Job("a", "", {"meshes": [], "rig": True})) == "One Mesh with Bones"


def test_unfinished_jobs_come_first_and_the_newest_of_each():
    states = {"1": "INTERRUPTED", "2": "DONE", "3": "RUNNING", "4": "FAILED"}
    jobs = [Job(job_id, "", {}, state=state) for job_id, state in states.items()]
    assert [job.id for job in sorted_jobs(jobs)] == ["3", "1", "4", "2"]
