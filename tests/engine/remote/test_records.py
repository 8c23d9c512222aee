from engine.contract import protocol
from engine.remote.records import MAX_ENDED, Records


def note(records: Records, *messages: dict, job: str = "a") -> None:
    for message in messages:
        records.note(protocol.of_job(message, job))


def test_the_newest_of_each_kind_is_told_again():
    records = Records()
    note(records, protocol.queued(1), protocol.queued(0), protocol.started({"seed": 1}))
    note(records, protocol.progress("static", 1, 9, 1, {}))
    note(records, protocol.preview("image", "1.png"), protocol.preview("mesh", "1.npz"))
    note(records, protocol.progress("static", 2, 9, 1, {}), protocol.preview("image", "2.png"))
    note(records, protocol.error("protocol", "There is no job 'x'."))
    records.note(protocol.error("busy", "of no job"))
    told = records.replay()
    assert [each["type"] for each in told] == ["queued", "started", "progress", "preview", "preview"]
    assert told[0]["place"] == 0 and told[2]["step"] == 2 and told[3]["path"] == "2.png"
    assert records.jobs() == {"a": "active"}


def test_of_a_job_that_has_ended_its_end_is_told_until_it_goes_on():
    records = Records()
    note(records, protocol.queued(0), protocol.started({}), protocol.progress("static", 1, 9, 1, {}), protocol.result("asset"))
    assert [each["type"] for each in records.replay()] == ["started", "result"] and records.jobs() == {"a": "ended"}
    note(records, protocol.queued(0))
    assert [each["type"] for each in records.replay()] == ["queued"] and records.jobs() == {"a": "active"}


def test_the_oldest_ends_are_forgotten_and_no_job_that_is_active():
    records = Records()
    note(records, protocol.queued(0), job="long")
    for number in range(MAX_ENDED + 5):
        note(records, protocol.queued(0), protocol.result("asset"), job=f"{number}")
    assert len(records.jobs()) == MAX_ENDED + 1 and records.jobs()["long"] == "active" and "4" not in records.jobs()
