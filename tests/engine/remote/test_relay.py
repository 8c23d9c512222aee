"""The relay with a real ssh server and a real lasting engine, whose worker is fake."""

import json
import os
import signal
import subprocess
import threading
import time

import pytest

from engine.remote.host import Host
from engine.remote.mirror import read_note
from tests.engine.remote.conftest import Desk
from tests.engine.remote.fake_worker import chain
from tests.engine.remote.far import engines, make_far
from tests.waiting import until


def value(steps: int, seed: bytes = b"") -> str:
    """What a job comes to that nothing interrupts."""
    return list(chain(0, steps, seed))[-1][1].decode()


def kinds(desk) -> list[str]:
    return [each["type"] for each in desk.told if each["type"] not in ("progress", "preview")]


def asset(folder) -> dict:
    return json.loads((folder / "asset" / "asset.json").read_text())


def steps_logged(folder) -> list[int]:
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    return [event["step"] for event in events if event["type"] == "progress"]


def test_a_job_goes_there_and_its_result_comes_here(desk, tmp_path, far):
    here = tmp_path / "here"
    desk.generate(here, steps=30)
    result = desk.until("result")
    assert kinds(desk) == ["hello", "queued", "started", "result"]
    assert desk.told[0]["host"] == "far" and "folder" not in desk.told[0] and "jobs" not in desk.told[0]
    assert result == {"type": "result", "job": "a", "path": str(here / "asset")}
    assert asset(here)["value"] == value(30) and steps_logged(here) == list(range(1, 31))
    previews = [each["path"] for each in desk.told if each["type"] == "preview"]
    # Of those that came while another travelled, the newest.
    assert previews == sorted(set(previews)) and previews[-1] == str(here / "previews" / "static_00030.png")
    assert all(os.path.getsize(path) == 6400 for path in previews)
    assert read_note(here) == {"host": "far", "folder": str(far), "job": "a"}
    assert not list(here.rglob("*.part")) and not (here / "state.safetensors").exists()


def test_a_job_that_begins_again_is_not_ended_by_how_it_ended_before(desk, tmp_path):
    here = tmp_path / "here"
    desk.generate(here, steps=10)
    desk.until("result")
    desk.leave()
    desk.told.clear()
    desk.open()
    # Before the engine has said a word.
    desk.send("resume", job="a", folder=str(here), changes={"static_steps": 60}, previews=[])
    desk.until("result")
    assert kinds(desk) == ["hello", "queued", "started", "result"] and asset(here)["value"] == value(60)


def test_the_connection_is_cut_again_and_again_and_nothing_is_lost(desk, tmp_path, far, rng):
    here, picture = tmp_path / "here", tmp_path / "ball.png"
    picture.write_bytes(rng.randbytes(2**20).replace(b"\n", b" "))
    desk.until("hello")
    desk.generate(here, steps=500, image=str(picture), negative_prompt="large wait")
    cuts, over, job = [0], threading.Event(), far / "work" / "jobs" / "a"
    # While the picture goes there, while the job runs, and while its result comes back: so many in all until then.
    phases = ((5, far), (20, job / "events.jsonl"), (25, job / "asset" / "asset.json"))

    def cut() -> None:
        for count, begun in phases:
            while cuts[0] < count and not over.is_set():
                time.sleep(rng.uniform(0.0, 0.4))
                child = children("ssh", "sftp") if begun.exists() else []
                if child:
                    os.kill(rng.choice(child), signal.SIGKILL)
                    cuts[0] += 1
            if count == 20:
                # The job takes as long as the cuts do, however slow they are here.
                (far / "go").touch()

    thread = threading.Thread(target=cut)
    thread.start()
    try:
        desk.until("result", "error", "cancelled")
    finally:
        over.set()
        thread.join()
    assert cuts[0] >= 20 and kinds(desk)[-1] == "result", desk.told[-1]
    assert asset(here)["value"] == value(500, picture.read_bytes())
    assert (here / "asset" / "albedo.png").read_bytes() == value(500, picture.read_bytes()).encode() * (2**22 // 64)
    # Each step was taken once: the job went on while nobody was there.
    assert steps_logged(here) == list(range(1, 501))
    seen = [each["step"] for each in desk.told if each["type"] == "progress"]
    assert seen == sorted(set(seen))
    assert [kind for kind in kinds(desk) if kind in ("started", "result")] == ["started", "result"]
    assert any(each["type"] == "connection" and "the job goes on there" in each["message"] for each in desk.told)


def children(*names: str) -> list[int]:
    said = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,comm="], capture_output=True, text=True).stdout
    found = {int(line.split()[0]): (int(line.split()[1]), line.split()[2]) for line in said.splitlines()}
    own = {os.getpid()}
    for _ in range(3):
        own |= {pid for pid, (parent, _) in found.items() if parent in own}
    return [pid for pid in own if pid in found and found[pid][1] in names]


def test_who_leaves_finds_the_job_again(desk, tmp_path):
    here = tmp_path / "here"
    desk.generate(here, steps=150)
    desk.until("progress")
    desk.leave()
    assert desk.codes == [0]
    desk.told.clear()
    desk.open()
    desk.generate(here, steps=150)
    desk.until("result")
    # The first steps were taken before, and the last of them was told again.
    assert next(each["step"] for each in desk.told if each["type"] == "progress") > 1
    assert asset(here)["value"] == value(150) and steps_logged(here) == list(range(1, 151))


def test_a_job_that_ended_while_nobody_was_there(desk, tmp_path, far):
    here = tmp_path / "here"
    desk.generate(here, steps=40)
    desk.until("progress")
    desk.leave()
    until((far / "work" / "jobs" / "a" / "asset" / "asset.json").is_file)
    desk.open()
    desk.generate(here, steps=40)
    desk.until("result")
    assert asset(here)["value"] == value(40)


def test_cancel_goes_through_and_brings_what_there_is(desk, tmp_path, far):
    here = tmp_path / "here"
    desk.generate(here, steps=10_000)
    desk.until("progress")
    desk.send("cancel", job="a", asset=True)
    ended = desk.until("cancelled")
    assert ended["path"] == str(here / "asset") and f"{here} holds the checkpoint" in ended["message"]
    assert asset(here)["value"] == value(len(steps_logged(here)))


def test_cancel_without_a_connection_is_told_with_the_next_one(desk, tmp_path, server):
    desk.generate(tmp_path / "here", steps=10_000)
    desk.until("progress")
    server.stop()
    try:
        desk.cut()
        desk.until("connection", state="lost")
        desk.send("cancel", job="a")
        desk.until("cancelling")
    finally:
        server.start()
    desk.until("connection", state="back")
    assert "checkpoint" in desk.until("cancelled")["message"]


def test_two_at_once_share_an_engine_and_take_turns(desk, host, tmp_path, far):
    desk.generate(tmp_path / "one", "one", steps=10_000)
    desk.until("started", job="one")
    other = Desk(host)
    other.generate(tmp_path / "two", "two", steps=20)
    assert other.until("queued")["place"] == 1
    desk.send("cancel", job="one")
    desk.until("cancelled", job="one")
    other.until("result", job="two")
    assert all(each.get("job") in (None, "two") for each in other.told)
    assert asset(tmp_path / "two")["value"] == value(20)
    other.leave()


def test_an_estimate_is_answered_with_the_id_it_was_asked_with(desk, tmp_path):
    picture = tmp_path / "dog [1] 'x'.png"
    picture.write_bytes(b"x" * 1234)
    desk.send("estimate", id=3, request={"prompt": "a red ball", "image": str(picture)})
    answer = desk.until("estimate")
    assert (answer["id"], answer["seconds"]) == (3, {"static": 1234.0})
    desk.send("estimate", id=4, request={"prompt": "a red ball", "image": str(tmp_path / "none.png")})
    assert "none.png is missing" in desk.until("error", id=4)["message"]


def test_meshes_and_assets_travel_with_what_they_name(desk, tmp_path, far):
    frames = tmp_path / "frames"
    (frames / "sub").mkdir(parents=True)
    (frames / "f_1.obj").write_text("mtllib ball.mtl\nv 0 0 0\n")
    (frames / "f_2.obj").write_text("v 0 0 0\n")
    (frames / "ball.mtl").write_text("newmtl a\nmap_Kd -s 1 1 1 sub/red one.png\n")
    (frames / "sub" / "red one.png").write_bytes(b"red")
    (frames / "private.txt").write_text("no")
    meshes = [str(frames / "f_1.obj"), str(frames / "f_2.obj")]
    output = tmp_path / "asset"
    desk.send("track", job="t", folder=str(tmp_path), output=str(output), request={"meshes": meshes, "name": "ball"})
    assert desk.until("result")["path"] == str(output)
    inside, asked = json.loads((output / "mesh.npz").read_text())
    work = far / "work" / "jobs" / "t" / "input"
    assert inside == ["input/ball.mtl", "input/f_1.obj", "input/f_2.obj", "input/sub", "input/sub/red one.png"]
    assert asked == [str(work / "f_1.obj"), str(work / "f_2.obj")]
    assert {path.name for path in output.iterdir()} == {"mesh.npz", "albedo.png", "asset.json"}
    desk.send("rig", job="r", folder=str(tmp_path), output=str(tmp_path / "rigged"), request={"asset": str(output)})
    assert desk.until("result")["path"] == str(tmp_path / "rigged")
    assert json.loads((tmp_path / "rigged" / "mesh.npz").read_text())[0] == [
        "input/albedo.png", "input/asset.json", "input/mesh.npz",
    ]  # fmt: skip


def test_a_job_from_here_goes_on_there(desk, tmp_path):
    here = tmp_path / "here"
    (here / "texts").mkdir(parents=True)
    done = list(chain(0, 5, b""))[-1]
    (here / "job.json").write_text(json.dumps({"request": {"prompt": "a red ball bouncing", "static_steps": 9, "seed": 1}}))
    (here / "state.safetensors").write_bytes(b"%d\n%s" % done)
    desk.send("resume", job="a", folder=str(here), changes={})
    desk.until("result")
    assert asset(here)["value"] == value(9) and steps_logged(here) == [6, 7, 8, 9]


def test_an_error_of_a_job_names_the_folder_here_and_ends_nothing_else(desk, tmp_path):
    desk.generate(tmp_path / "one", "one", steps=5, negative_prompt="fail")
    error = desk.until("error", job="one")
    assert error["kind"] == "memory" and error["message"] == f"There is not enough memory for {tmp_path / 'one'}."
    desk.generate(tmp_path / "two", "two", steps=5)
    desk.until("result", job="two")
    desk.generate(tmp_path / "three", "three", steps=5, prompt="")
    assert desk.until("error", job="three")["kind"] == "prompt"


def test_an_engine_that_dies_there_is_said_and_not_started_for_ever(desk, tmp_path, far):
    desk.generate(tmp_path / "here", steps=20, negative_prompt="die")
    error = desk.until("error")
    assert error["kind"] == "host" and "The engine on far ended (RuntimeError: the fake worker dies)" in error["message"]
    desk.thread.join()
    assert desk.codes == [1] and not engines(far)
    assert not list((far / "work").glob("*.part"))
    (far / "work" / "engine-0.1.0-cpu.socket").unlink()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nowhere", "There is no host nowhere: check its name"),
        ("stranger", "stranger lets you in with none of your keys"),
        ("unknown-key", "The key of unknown-key is not known yet: run `ssh unknown-key`"),
        ("off", "off takes no ssh connections"),
    ],
)
def test_hosts_that_can_not_be_used(server, far, name, sentence):
    refused = Desk(Host(name, str(far), str(server.config)))
    assert refused.until("error")["message"].startswith(sentence)
    refused.thread.join()
    assert refused.codes == [1] and not (far / "work").exists()


def test_a_host_without_an_engine(server, tmp_path):
    empty = Desk(Host("far", str(tmp_path / "nothing"), str(server.config)))
    said = empty.until("error")["message"]
    assert said.startswith("There is no engine on far: ") and "Install it there" in said
    half = make_far(tmp_path / "half")
    (half / "engine").unlink()
    lacking = Desk(Host("far", str(half), str(server.config)))
    assert lacking.until("error")["message"].startswith("There is no engine on far: ")


def test_an_engine_of_another_version_there(server, far):
    (far / "sitecustomize.py").write_text(
        (far / "sitecustomize.py").read_text() + "\nimport engine.contract.version as v\nv.VERSION = '9.9.9'\n"
    )
    other = Desk(Host("far", str(far), str(server.config)))
    said = other.until("error")["message"]
    assert "is version 9.9.9 and this one is 0.1.0: install it there again" in said
    for pid in engines(far):
        os.kill(pid, signal.SIGTERM)
    until(lambda: not engines(far))
