import pytest

from engine import protocol


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
