import json

import pytest

from engine.contract.errors import JobError, RequestError
from engine.contract.request import Request
from engine.job.folder import JobFolder, Progress
from engine.job.resolve import resolve
from engine.job.resume import change_job, changed_job
from engine.pipeline.checkpoint import save_checkpoint
from engine.stages.train_state import TrainState
from tests.engine.pipeline.test_checkpoint import FIELD

DRAFT = Request.checked({"prompt": "a red ball", "quality": "draft", "seed": 3})
STANDARD = Request.checked({"prompt": "a red ball", "seed": 3})
END = Progress("dynamic", 50)


def folder_at(path, request: Request, done: Progress | None) -> JobFolder:
    folder = JobFolder(path)
    folder.open(request.as_dict(), {})
    if done:
        save_checkpoint(folder, TrainState.new(FIELD, 0), done)
    return folder


@pytest.mark.parametrize(
    ("request_", "done", "changes"),
    [
        (DRAFT, END, {"topology": "fixed", "frames": 30, "fps": 24}),
        (DRAFT, END, {"memory": "low"}),
        (DRAFT, END, {"dynamic_steps": 80}),
        (DRAFT, END, {"super_resolution_steps": 5}),
        (STANDARD, Progress("super_resolution", 30), {"super_resolution_steps": 60}),
        (STANDARD, Progress("static", 20), {"static_steps": 20, "dynamic_steps": 9}),
        (STANDARD, None, {"static_steps": 1}),
        # As it is already: no change.
        (DRAFT, END, {"prompt": "a red ball", "seed": 3, "without": [], "static_steps": None}),
    ],
)
def test_what_may_change_under_way(request_, done, changes):
    after = changed_job(resolve(request_), changes, done).request.as_dict()
    assert all(after[name] == value for name, value in changes.items() if value and name != "without")


@pytest.mark.parametrize(
    ("request_", "done", "changes", "said"),
    [
        (DRAFT, END, {"prompt": "a blue ball"}, "prompt can't change"),
        (DRAFT, None, {"backbone": "mlp"}, "backbone can't change"),
        (DRAFT, END, {"dynamic_steps": 49}, "50 steps are done already"),
        (STANDARD, Progress("super_resolution", 1), {"dynamic_steps": 300}, "dynamic is over: give super_resolution_steps"),
        (DRAFT, END, {"fps": "fast"}, "number from 1"),
        (DRAFT, END, {"topology": ["fixed"]}, "has to be text"),
        (Request.checked({"prompt": "a red ball", "mode": "3d"}), None, {"dynamic_steps": 3}, "no dynamic stage"),
    ],
)
def test_what_may_not(request_, done, changes, said):
    with pytest.raises(RequestError, match=said):
        changed_job(resolve(request_), changes, done)


def test_changes_are_files_of_their_own_and_the_newest_is_in_force(tmp_path):
    folder = folder_at(tmp_path, DRAFT, None)
    before = (tmp_path / "job.json").read_bytes()
    change_job(folder, {"fps": 24})
    change_job(folder, {"fps": 24})
    assert change_job(folder, {"frames": 5}).request.fps == 24
    assert (tmp_path / "job.json").read_bytes() == before and folder.revision == 3
    assert folder.request() == DRAFT.as_dict() | {"fps": 24, "frames": 5}
    assert folder.holds(DRAFT.as_dict()) and folder.holds(folder.request())
    assert not folder.holds(DRAFT.as_dict() | {"fps": 24})
    folder.open(DRAFT.as_dict(), {})
    with pytest.raises(JobError, match="different fps"):
        folder.open(DRAFT.as_dict() | {"fps": 9, "frames": 5}, {})
    folder.open(DRAFT.as_dict(), {}, overwrite=True)
    assert folder.revision == 1


def test_a_result_of_other_settings_does_not_count_as_finished(tmp_path):
    folder = folder_at(tmp_path, DRAFT, END)
    folder.asset.mkdir()
    (folder.asset / "asset.json").write_text("{}")
    assert folder.finished
    change_job(folder, {"dynamic_steps": 60})
    assert not folder.finished
    (folder.asset / "asset.json").write_text(json.dumps({"revision": 2}))
    assert folder.finished


def test_a_stage_made_longer_keeps_its_place_in_its_schedule(tmp_path):
    folder = folder_at(tmp_path, DRAFT, Progress("dynamic", 25))
    change_job(folder, {"frames": 5})
    assert folder.shares() == {}
    change_job(folder, {"dynamic_steps": 100})
    assert folder.shares() == {"dynamic": 0.5}
    # At 25 of 100 it still stands where 25 of 50 were.
    change_job(folder, {"dynamic_steps": 200})
    assert folder.shares() == {"dynamic": 0.5}
    save_checkpoint(folder, TrainState.new(FIELD, 0), Progress("dynamic", 200))
    change_job(folder, {"dynamic_steps": 300, "super_resolution_steps": 4})
    assert folder.shares() == {"dynamic": 1.0}


def test_a_damaged_change_is_one_sentence(tmp_path):
    folder = folder_at(tmp_path, DRAFT, None)
    (tmp_path / "job.2.json").write_text("{")
    with pytest.raises(JobError, match="job.2.json is damaged"):
        folder.request()
