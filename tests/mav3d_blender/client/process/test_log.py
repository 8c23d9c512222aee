import pytest

from mav3d_blender.client.process.log import TAIL_BYTES, EngineLog


def test_a_log_has_what_was_printed_since_it_was_opened(tmp_path):
    path = tmp_path / "deep" / "engine.log"
    first = EngineLog(path)
    first.file.write(b"one\ntwo\n")
    first.note("three \ud800")
    first.close()
    second = EngineLog(path)
    second.file.write(b"four\n")
    assert second.tail(5) == ["four"] and first.tail(2) == ["two", "[mav3d] three \\ud800"]
    assert path.with_name("engine.log.1").read_text().startswith("one\n")
    second.close()
    second.note("a note after the end is ignored")
    assert second.tail(5) == ["four"]


def test_only_the_end_of_a_long_log_is_read(tmp_path):
    log = EngineLog(tmp_path / "engine.log")
    log.file.write(b"x" * (2 * TAIL_BYTES) + b"\nlast\n")
    lines = log.tail(10)
    assert lines[-1] == "last" and len(lines[0]) < TAIL_BYTES
    log.close()


def test_a_log_that_can_not_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        EngineLog(tmp_path / "file" / "engine.log")
