"""What the engine's messages make of a job, and the sentences about them."""

import pytest

from mav3d_blender.client.messages import RESUME_HINT, advice_of, apply_message, error_text, estimate_text
from mav3d_blender.jobs.job import Job


@pytest.mark.parametrize(
    ("message", "advice"),
    [
        ({"kind": "memory", "advice": "Close other programs."}, "Close other programs."),
        ({"kind": "memory", "advice": ""}, "Resume continues from the last checkpoint. A lower quality takes less."),
        ({"kind": "taken"}, "Retry starts it again, in a folder of its own."),
        ({"kind": "busy"}, "Then press Resume."),
        ({"kind": "gate"}, "Keep Going, under Details, lets Resume go on all the same."),
        ({"kind": "prompt"}, ""),
        ({"kind": ["memory"]}, ""),
    ],
)
def test_what_to_do_about_an_error_is_in_words_of_the_panel(message, advice):
    assert advice_of(message) == advice
    job = apply_message(Job("a", "", {}, state="RUNNING"), {"type": "error", "message": "No.", **message})
    assert (job.state, job.message, job.advice) == ("FAILED", "No.", advice)


def test_a_stopped_job_says_that_it_can_go_on_where_it_has_begun(tmp_path):
    job, message = Job("a", str(tmp_path), {}, state="CANCELLING"), {"type": "cancelled", "message": "Stopped."}
    assert (apply_message(job, message).message, apply_message(job, message).advice) == ("Stopped.", "")
    (tmp_path / "job.json").write_text("{}")
    assert apply_message(job, message).advice == RESUME_HINT


def test_sentences_name_what_the_panel_names(tmp_path):
    job = Job("a", str(tmp_path), {}, state="CANCELLING")
    text = f"Stopped in stage dynamic at step 5; {tmp_path / 'asset'} holds the scene, {tmp_path} the rest, this stage ends."
    assert apply_message(job, {"type": "cancelled", "message": text}).message == (
        "Stopped in Motion at step 5; its folder holds the scene, its folder the rest, this stage ends."
    )
    failed = apply_message(job, {"type": "error", "kind": "memory", "message": "No room for stage super_resolution."})
    assert failed.message == "No room for Detail."


def test_messages_move_a_job_on():
    job = Job("a", "", {"prompt": "a ball", "seed": 0}, changes={"frames": 3})
    job = apply_message(job, {"type": "started", "seed": 5, "frames": 4, "prompt": ["no text"]})
    assert (job.state, job.request, job.changes) == ("RUNNING", {"prompt": "a ball", "seed": 5, "frames": 4}, {})
    job = apply_message(job, {"type": "progress", "stage": "static", "step": 2, "steps": 9, "eta_s": -3})
    assert (job.stage, job.step, job.steps, job.eta_s) == ("static", 2, 9, 0.0)
    job = apply_message(job, {"type": "preview", "kind": "mesh", "path": "/mesh"})
    assert job.mesh == "/mesh" and apply_message(job, {"type": "preview", "kind": "sound", "path": "/x"}) == job
    assert apply_message(job, {"type": "unknown"}) == job
    done = apply_message(job, {"type": "result", "path": "/asset", "advice": "Look twice."})
    assert (done.state, done.asset, done.message) == ("DONE", "/asset", "Look twice.")


def test_sentences_about_errors_and_estimates():
    assert error_text({"message": "No.", "kind": "busy"}) == "No. Then press Resume."
    assert error_text({}) == "The engine failed."
    assert estimate_text({"seconds": {"static": 50, "dynamic": 50.0, "mesh": "long"}, "memory_mb": 900}) == (
        "About 1 min 40 s and 900 MB of memory"
    )
    assert estimate_text({"seconds": float("nan"), "memory_mb": None}) == "About 0 s"
