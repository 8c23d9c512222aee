from mav3d_blender.client.estimates import Estimates


def test_only_the_newest_question_is_answered():
    estimates = Estimates()
    assert not estimates.open and estimates.unsent() is None
    estimates.ask({"prompt": "a"})
    first = estimates.unsent()
    assert first == {"type": "estimate", "id": 1, "request": {"prompt": "a"}} and estimates.unsent() is None
    estimates.ask({"prompt": "b"})
    assert estimates.unsent()["id"] == 2
    assert not estimates.answers({"id": 1}) and estimates.open
    assert estimates.answers({"id": 2}) and not estimates.open and not estimates.answers({"id": 2})


def test_the_next_engine_is_asked_again():
    estimates = Estimates()
    estimates.ask({"prompt": "a"})
    question = estimates.unsent()
    estimates.ask_again()
    assert estimates.unsent() == question
    estimates.drop()
    estimates.ask_again()
    assert estimates.unsent() is None
