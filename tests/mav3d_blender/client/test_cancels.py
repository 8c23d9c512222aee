from mav3d_blender.client.cancels import Cancels
from mav3d_blender.client.events import Limits


def cancels() -> Cancels:
    return Cancels(Limits(acknowledge=3, cancel=60))


def test_an_engine_that_does_not_answer_is_interrupted_then_killed():
    open_ = cancels()
    assert open_.ask("a") and not open_.ask("a")
    assert [open_.overdue(now, {"a"}) for now in (10, 12, 13, 69, 70)] == ["", "", "interrupt", "interrupt", "kill"]
    open_.drop("a")
    assert open_.overdue(1000, {"a"}) == ""


def test_an_engine_that_has_answered_has_the_whole_time():
    open_ = cancels()
    open_.ask("a")
    assert open_.overdue(0, {"a"}) == ""
    open_.acknowledge("a")
    assert [open_.overdue(now, {"a"}) for now in (59, 60)] == ["", "kill"]


def test_a_job_that_waits_behind_another_has_no_time_limit():
    open_ = cancels()
    open_.ask("waits")
    assert [open_.overdue(now, {"other"}) for now in (0, 100)] == ["", ""]
    # The time begins anew when the other job is done.
    assert [open_.overdue(now, set()) for now in (200, 259, 260)] == ["", "", "kill"]
    open_.clear()
    assert open_.overdue(1000, set()) == ""
