"""`engine batch` as a user meets it, in its own process."""

import json
import sys

import pytest

from engine.cli.main import main
from tests.engine.cli.launching import LAUNCH, SHORT, launch, messages

HEADER = "prompt,seed,topology,name\n"
# The user presses Ctrl-C during the second job's first step.
INTERRUPTED = LAUNCH.replace(
    "from engine.__main__",
    """
import signal
from engine.pipeline import run
take_step = run.take_step
def interrupted(state, stage, step, *rest):
    run.jobs += stage == "static" and step == 0
    if run.jobs == 2:
        signal.raise_signal(signal.SIGINT)
    return take_step(state, stage, step, *rest)
run.jobs, run.take_step = 0, interrupted
from engine.__main__""",
)


def test_each_row_is_the_job_that_it_is_alone_and_a_bad_one_does_not_stop_the_others(finished, tiny_models, tmp_path):
    whole, _ = finished
    rows = 'a red ball bouncing,4,fixed,one\na red cone,x,fixed,\na red ball bouncing,4,fixed,"two, again"\n'
    (tmp_path / "list.csv").write_text(HEADER + rows)
    output = tmp_path / "out"
    arguments = ["batch", str(tmp_path / "list.csv"), "--output", str(output), *SHORT]
    stopped = launch(tiny_models, *arguments, "--json", program=INTERRUPTED)
    assert stopped.returncode == 130, stopped.stderr
    told = messages(stopped)
    assert told[0]["type"] == "error" and told[0]["row"] == 3 and "column seed" in told[0]["message"]
    assert [m["type"] for m in told if m.get("job") == "one"][-1] == "result"
    assert told[-1] | {"job": "two, again", "type": "cancelled"} == told[-1]
    assert "1 finished, 1 refused, 1 stopped" in stopped.stderr and "same command" in stopped.stderr
    assert not (output / "two, again" / "asset").exists() and (output / "two, again" / "state.safetensors").is_file()

    done = launch(tiny_models, *arguments, "--resume")
    assert done.returncode == 1 and "Row 3, column seed" in done.stderr and "2 finished, 1 refused" in done.stdout
    assert [line.split()[0] for line in done.stdout.splitlines() if "begins" in line] == ["two,"]
    for name in ("one", "two, again"):
        for file in ("mesh.npz", "albedo.png"):
            assert (output / name / "asset" / file).read_bytes() == (whole / "asset" / file).read_bytes()
    assert 'src="two%2C%20again/asset/preview.png"' in (output / "index.html").read_text()

    (tmp_path / "list.csv").write_text(HEADER + rows.replace("a red cone,x,fixed,\n", ""))
    again = launch(tiny_models, *arguments)
    assert again.returncode == 0 and "begins" not in again.stdout and "2 finished" in again.stdout


@pytest.mark.parametrize(
    ("name", "text", "more", "said"),
    [
        ("list.csv", "prompt,sed\na red ball,1\n", [], "no column 'sed'; there are name, prompt"),
        ("list.csv", "prompt\na red ball\n", ["--resume"], "No batch has begun in"),
        ("list.csv", "prompt\na red ball\n", ["--threads", "0"], "threads is 0"),
        ("list.csv", "prompt\na red ball\n", ["--device", "gpu"], "cpu or cuda"),
        ("list.doc", "a red ball", [], "is no list of requests"),
    ],
)
def test_what_is_wrong_with_all_of_it_is_one_sentence_and_leaves_nothing_behind(tiny_models, tmp_path, name, text, more, said):
    (tmp_path / name).write_text(text)
    done = launch(tiny_models, "batch", str(tmp_path / name), "--output", str(tmp_path / "out"), *more)
    assert done.returncode == 1 and said in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_cluster_without_ray_is_one_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ray", None)
    (tmp_path / "list.txt").write_text("a red ball\n")
    assert main(["batch", str(tmp_path / "list.txt"), "--output", str(tmp_path / "out"), "--ray", "local"]) == 1
    said = capsys.readouterr().err
    assert "Ray is not installed here" in said and len(said.splitlines()) == 1 and not (tmp_path / "out").exists()


def test_a_folder_that_holds_another_job_is_that_row_s_fault(finished, tiny_models, tmp_path):
    output, _ = finished
    (tmp_path / "list.jsonl").write_text(json.dumps({"name": output.name, "prompt": "a blue cube", "seed": 1}) + "\n")
    before = (output / "job.json").read_bytes()
    done = launch(tiny_models, "batch", str(tmp_path / "list.jsonl"), "--output", str(output.parent))
    assert done.returncode == 1 and "holds another job" in done.stdout and "1 failed" in done.stdout
    assert (output / "job.json").read_bytes() == before
