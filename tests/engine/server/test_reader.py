"""Messages as they come in: taken, or answered by one error that changes nothing."""

import json

import pytest

from engine.contract.request import Request
from engine.job.folder import JobFolder
from engine.server.queue import Queue
from engine.server.reader import MAX_NAME, Reader

REQUEST = {"prompt": "a red ball bouncing"}


class Desk:
    """A reader with its queue, all that it told and how often it asked the engine to end."""

    def __init__(self) -> None:
        self.told, self.left = [], 0
        self.queue = Queue(self.told.append)
        self.reader = Reader(self.queue, self.told.append, self._leave)

    def _leave(self) -> None:
        self.left += 1

    def take(self, **message) -> dict:
        """What is told last of a message."""
        self.reader.take(json.dumps(message).encode())
        return self.told[-1] if self.told else {}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_job_waits_in_the_queue_with_all_that_was_said_of_it(desk, tmp_path):
    told = desk.take(type="generate", job="a", folder=str(tmp_path), request=REQUEST | {"seed": 3}, previews=["mesh", "mesh"])
    assert told == {"type": "queued", "job": "a", "place": 0}
    task = desk.queue.next(0)
    assert (task.kind, task.name, task.folder, task.previews) == ("generate", "a", tmp_path, ("mesh",))
    assert task.request == Request.checked(REQUEST | {"seed": 3}) and task.seeded


def test_a_seed_that_was_not_given_is_to_be_drawn_and_images_are_the_usual_previews(desk, tmp_path):
    desk.take(type="generate", job="a", folder=str(tmp_path), request=REQUEST | {"seed": None})
    task = desk.queue.next(0)
    assert not task.seeded and task.previews == ("image",)


@pytest.mark.parametrize("given", [{"id": 7}, {"id": "first"}, {}])
def test_an_estimate_answers_with_its_id(desk, given):
    desk.take(type="estimate", request=REQUEST, **given)
    task = desk.queue.next(0)
    assert task.kind == "estimate" and task.reply == given


def test_a_job_goes_on_with_changes(desk, tmp_path):
    JobFolder(tmp_path).open(Request.checked(REQUEST).as_dict(), {})
    desk.take(type="resume", job="a", folder=str(tmp_path), changes={"fps": 24})
    task = desk.queue.next(0)
    assert (task.kind, task.folder, task.changes) == ("resume", tmp_path, {"fps": 24})
    assert JobFolder(tmp_path).request()["fps"] == 12, "changed only when its turn comes"


def test_a_waiting_job_can_be_cancelled_and_the_engine_asked_to_end(desk, tmp_path):
    desk.take(type="generate", job="a", folder=str(tmp_path), request=REQUEST)
    assert desk.take(type="cancel", job="a")["type"] == "cancelled" and desk.left == 0
    desk.take(type="shutdown")
    assert desk.left == 1


@pytest.mark.parametrize(
    ("message", "kind", "said"),
    [
        ({"type": "dance", "job": "a"}, "protocol", "no message of type 'dance'"),
        ({"type": "cancel"}, "protocol", "needs a job"),
        ({"type": "cancel", "job": "x" * (MAX_NAME + 1)}, "protocol", "needs a job"),
        ({"type": "cancel", "job": "b"}, "protocol", "no job 'b'"),
        ({"type": "estimate"}, "protocol", "needs a request"),
        ({"type": "estimate", "request": REQUEST, "id": 1.5}, "protocol", "The id has to be"),
        ({"type": "estimate", "request": REQUEST, "id": True}, "protocol", "The id has to be"),
        ({"type": "estimate", "request": {"prompt": "a corgi"}}, "prompt", "corgi"),
        ({"type": "estimate", "request": REQUEST | {"fps": 0}}, "request", "fps is 0"),
        ({"type": "estimate", "request": REQUEST | {"image": "ball.png"}}, "request", "whole path from the root"),
        ({"type": "generate", "job": "a", "request": REQUEST}, "protocol", "needs a folder"),
        ({"type": "generate", "job": "a", "folder": "x\0y", "request": REQUEST}, "protocol", "needs a folder"),
        ({"type": "generate", "job": "a", "folder": "x", "request": REQUEST, "previews": "mesh"}, "protocol", "previews"),
        ({"type": "generate", "job": "a", "folder": "x", "request": REQUEST, "previews": ["film"]}, "protocol", "previews"),
        ({"type": "resume", "job": "a", "folder": "nowhere"}, "job", "no job in nowhere"),
        ({"type": "resume", "job": "a", "folder": "nowhere", "changes": ["fps"]}, "protocol", "changes"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_changes_nothing(desk, message, kind, said):
    told = desk.take(**message)
    assert (told["type"], told["kind"]) == ("error", kind) and said in told["message"]
    assert len(desk.told) == 1 and desk.queue.next(0) is None and desk.left == 0


def test_an_answer_says_whom_it_is_for(desk):
    assert desk.take(type="dance", job="a", id=3).items() >= {"job": "a", "id": 3}.items()
    assert not {"job", "id"} & desk.take(type="dance", job=5, id=[]).keys()


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b"{}", b"\xff", b'{"type": 3}', b'{"type": "x", "n": NaN}'])
def test_a_line_that_is_no_message_is_told(desk, line):
    desk.reader.take(line)
    assert desk.told[0]["kind"] == "protocol" and "is no message" in desk.told[0]["message"]


def test_a_name_can_not_be_taken_twice(desk, tmp_path):
    desk.take(type="generate", job="a", folder=str(tmp_path), request=REQUEST)
    assert "already" in desk.take(type="generate", job="a", folder=str(tmp_path), request=REQUEST)["message"]


def test_a_fault_of_the_engine_s_own_is_told_and_the_reader_goes_on(desk, monkeypatch, capsys):
    monkeypatch.setattr(desk.queue, "cancel", lambda name, asset: 1 / 0)
    told = desk.take(type="cancel", job="a")
    assert told["kind"] == "internal" and "ZeroDivisionError" in told["message"] and "Traceback" in capsys.readouterr().err
    desk.take(type="shutdown")
    assert desk.left == 1


def test_lines_are_taken_until_nothing_comes_and_then_the_engine_ends(desk):
    blocks = iter([b'{"type": "dance"}\n{"type": ', b'"sing"}\n{"type": "half'])
    desk.reader.read(lambda size: next(blocks, b""))
    said = [message["message"] for message in desk.told]
    assert said == ["There is no message of type 'dance'.", "There is no message of type 'sing'."]
    assert desk.left == 1


def test_a_stream_that_breaks_ends_the_engine_too(desk):
    def broken(size):
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        desk.reader.read(broken)
    assert desk.left == 1


def test_a_sequence_to_track_waits_in_the_queue(desk, tmp_path):
    told = desk.take(type="track", job="a", folder=str(tmp_path), request={"meshes": [str(tmp_path / "frames")], "rig": True})
    assert told == {"type": "queued", "job": "a", "place": 0}
    task = desk.queue.next(0)
    assert (task.kind, task.folder, task.track.output) == ("track", tmp_path, tmp_path / "asset")
    assert task.track.rig and task.track.overwrite and task.track.name == tmp_path.name
    assert task.track.meshes == [tmp_path / "frames"]


@pytest.mark.parametrize(
    ("request_", "kind", "said"),
    [
        (None, "protocol", "needs a request"),
        ({}, "request", "a list of paths"),
        ({"meshes": ["frames"]}, "request", "whole paths from the root"),
        ({"meshes": ["/a"], "output": "/b"}, "request", "leave output out"),
        ({"meshes": ["/a"], "bones": 0}, "request", "from 1 to 256"),
    ],
)
def test_a_sequence_that_can_t_be_tracked_is_refused(desk, tmp_path, request_, kind, said):
    told = desk.take(type="track", job="a", folder=str(tmp_path), request=request_)
    assert (told["type"], told["kind"], told["job"]) == ("error", kind, "a") and said in told["message"]
    assert desk.queue.next(0) is None


def test_an_asset_to_rig_waits_in_the_queue(desk, tmp_path):
    desk.take(type="rig", job="a", folder=str(tmp_path), request={"asset": str(tmp_path / "tracked"), "bones": 8})
    task = desk.queue.next(0)
    assert (task.kind, task.rig.asset, task.rig.output) == ("rig", tmp_path / "tracked", tmp_path / "asset")
    assert task.rig.bones == 8 and task.rig.overwrite and not task.rig.turn_only


@pytest.mark.parametrize(
    ("request_", "kind", "said"),
    [
        (None, "protocol", "needs a request"),
        ({}, "request", "asset has to be a path"),
        ({"asset": "tracked"}, "request", "a whole path from the root"),
        ({"asset": "/a", "overwrite": False}, "request", "leave overwrite out"),
        ({"asset": "/a", "turn_only": 1}, "request", "give true or false"),
        ({"asset": "/a", "skin": True}, "request", "There is no setting 'skin'"),
    ],
)
def test_an_asset_that_can_t_be_rigged_is_refused(desk, tmp_path, request_, kind, said):
    told = desk.take(type="rig", job="a", folder=str(tmp_path), request=request_)
    assert (told["type"], told["kind"], told["job"]) == ("error", kind, "a") and said in told["message"]
    assert desk.queue.next(0) is None
