"""Jobs that version 0.1.0 wrote before the engine's rooms were arranged as they are now."""

import json
import shutil

from engine.job.folder import JobFolder, Progress
from engine.job.resolve import resolve_folder
from engine.job.resume import change_job
from engine.pipeline.checkpoint import load_state
from engine.pipeline.run import is_finished, run_job
from tests.root import ROOT

DATA = ROOT / "tests" / "data"


def test_a_job_that_was_stopped_goes_on_to_its_asset(tmp_path):
    shutil.copytree(DATA / "job_unfinished", tmp_path / "job")
    folder, messages = JobFolder(tmp_path / "job"), []
    assert folder.progress() == Progress("static", 14)
    job = change_job(folder, {"frames": 1, "topology": "per-frame"})
    run_job(job, folder, messages.append, lambda: 0, "cpu", previews=())
    stages = [message["stage"] for message in messages if message["type"] == "progress"]
    assert stages[0] == "dynamic" and messages[-1]["type"] == "result"
    asset = json.loads((folder.asset / "asset.json").read_text())
    assert asset["prompt"] == "a blue cone sliding" and asset["seed"] == 6 and asset["revision"] == 2


def test_a_job_that_was_finished_is_finished_and_its_scene_can_be_read():
    folder = JobFolder(DATA / "job_finished")
    job = resolve_folder(folder)
    assert is_finished(job, folder) and job.prompt == "red ball bouncing" and job.quality.field.backbone == "mlp"
    state, progress = load_state(folder, job.quality, job.request.seed)
    assert progress == Progress("dynamic", 12) and state.field.trajectory.translation.abs().max() > 0
