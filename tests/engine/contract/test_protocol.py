import pytest

from engine.contract import protocol


def test_messages_survive_the_way():
    message = protocol.progress("static", 3, 10, 12.34, {"opacity": 0.2})
    assert protocol.decode(protocol.encode(message)) == message | {"eta_s": 12.3}
    assert "\n" not in protocol.encode(protocol.error("prompt", "two\nlines"))


@pytest.mark.parametrize("line", ["", "[]", "3", '{"no": "type"}', '{"type": 3}', "{", '{"type": "' + "x" * 2**20 + '"}'])
def test_other_lines_are_refused(line):
    with pytest.raises(ValueError):
        protocol.decode(line)


def test_numbers_that_are_not_finite_never_leave():
    with pytest.raises(ValueError):
        protocol.encode({"type": "progress", "eta_s": float("nan")})


def test_text_that_is_no_utf8_gets_through():
    assert protocol.decode(protocol.encode({"type": "result", "path": "caf\udce9"}))["path"] == "caf\udce9"


@pytest.mark.parametrize("line", [b'{"type": "a", "x": NaN}', b"[" * 2**19, b"\xff", b'{"type": "a", "x": %s}' % (b"9" * 9999)])
def test_what_json_does_not_have_is_refused(line):
    with pytest.raises(ValueError):
        protocol.decode(line)


def blocks(*given: bytes):
    left = list(given)
    return lambda size: left.pop(0) if left else b""


def test_lines_come_whole_however_they_are_cut():
    assert list(protocol.lines(blocks(b"on", b"e\ntw", b"o\r\n\nthr", b"ee"))) == [b"one", b"two", b""]


def test_an_overlong_line_is_cut_and_the_next_is_whole():
    long = [b"x" * 2**16] * 40
    first, second = protocol.lines(blocks(*long, b"x\nshort\n"))
    assert len(first) == protocol.MAX_LINE + 1 and second == b"short"
    with pytest.raises(ValueError, match="longer"):
        protocol.decode(first)


def test_a_line_without_an_end_takes_no_more_memory_than_the_longest():
    import tracemalloc

    count = 0

    def endless(size: int) -> bytes:
        nonlocal count
        count += 1
        return b"x" * size if count < 400 else b""

    tracemalloc.start()
    assert list(protocol.lines(endless)) == []
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 * protocol.MAX_LINE


def test_a_message_of_a_job_says_so():
    assert list(protocol.of_job(protocol.queued(2), "a").items()) == [("type", "queued"), ("job", "a"), ("place", 2)]


def test_a_sentence_is_made_to_fit_a_message():
    assert protocol.shortened("short") == "short"
    assert protocol.shortened("x" * (protocol.MAX_SENTENCE + 1)) == "x" * protocol.MAX_SENTENCE + "..."
