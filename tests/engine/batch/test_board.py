import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from engine.batch.board import Board, figures
from engine.batch.entries import Entry
from engine.batch.sheet import SCRIPT
from engine.contract import protocol
from engine.contract.errors import WriteError
from engine.contract.request import Request

SHOUTING = '<script>alert("x")</script> & \'more\''
ENTRIES = [
    Entry(2, "one & two", "a red ball", Request("a red ball"), seeded=False),
    Entry(3, "three", "a blue cube", Request("a blue cube", seed=8)),
    Entry(4, "four", SHOUTING, fault="Row 4, column prompt: <no>."),
    Entry(5, "three", "a blue cube", fault="Row 5, column name: a row before has the name 'three': give another."),
]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Page(HTMLParser):
    """What a page shows and what it refers to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.shown, self.references, self.tags = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.references += [value for name, value in attributes if name in ("src", "href", "poster")]

    def handle_data(self, data):
        self.shown.append(data)


def finish(folder: Path) -> None:
    (folder / "asset").mkdir(parents=True)
    metrics = {"track": {"mean": {"distance": 0.05}, "frames": [1, 2], "advice": ""}, "volume_min": 0.2}
    (folder / "asset" / "asset.json").write_text(json.dumps({"seed": 77, "metrics": metrics}))
    for name in ("preview.png", "preview.mp4"):
        (folder / "asset" / name).write_bytes(b"")


def page(output: Path) -> Page:
    return Page((output / "index.html").read_text("utf-8"))


def test_a_batch_is_told_from_its_beginning_to_its_end(tmp_path):
    clock = Clock()
    board = Board(tmp_path, ENTRIES, clock)
    assert board.counts() == {"waiting": 2, "refused": 2}
    board.begin(2)
    board.hear(2, protocol.started({"prompt": "a red ball", "seed": 77}))
    board.hear(2, protocol.progress("super_resolution", 3, 10, 5.0, {}))
    assert board.standings[2].sentence == "super-resolution 3 of 10" and board.standings[2].seed == 77
    clock.now = 90.0
    finish(tmp_path / "one & two")
    board.end(2, protocol.result("asset"))
    board.begin(3)
    clock.now = 91.0
    board.end(3, protocol.error("diverged", "No longer finite."))
    board.write()
    assert board.counts() == {"finished": 1, "failed": 1, "refused": 2}
    shown = page(tmp_path)
    text = " ".join(shown.shown)
    assert "seed 77" in text and "1 min 30 s" in text and "No longer finite." in text and SHOUTING in text
    assert "track.mean.distance" in text and "0.05" in text and "Row 4, column prompt: <no>." in text
    assert shown.tags.count("script") == 1
    assert all((tmp_path / unquote(each)).exists() and not Path(each).is_absolute() for each in shown.references)
    assert {unquote(each) for each in shown.references} >= {f"one & two/asset/preview.{kind}" for kind in ("png", "mp4")}
    first, second, *_ = json.loads((tmp_path / "batch.json").read_text())["jobs"]
    assert (first["state"], first["seconds"], second["state"], second["seed"]) == ("finished", 90.0, "failed", 8)


def test_the_page_looks_again_only_while_something_runs(tmp_path):
    board = Board(tmp_path, ENTRIES[1:2])
    assert "http-equiv" in (tmp_path / "index.html").read_text()
    board.begin(3)
    board.end(3, protocol.cancelled("Stopped."))
    board.write()
    assert "http-equiv" not in (tmp_path / "index.html").read_text()


def test_nothing_on_the_page_is_from_elsewhere(tmp_path):
    Board(tmp_path, ENTRIES)
    assert not re.search("https?://|@import|url\\(", (tmp_path / "index.html").read_text() + SCRIPT)


def test_what_runs_shows_its_newest_preview(tmp_path):
    board = Board(tmp_path, ENTRIES)
    (tmp_path / "three" / "previews").mkdir(parents=True)
    for name in ("static_1.png", "metrics.png", "clip.mp4"):
        (tmp_path / "three" / "previews" / name).write_bytes(b"")
    board.begin(3)
    board.write()
    assert "three/previews/static_1.png" in page(tmp_path).references


def test_seconds_add_up_over_calls(tmp_path):
    for _ in range(2):
        clock = Clock()
        board = Board(tmp_path, ENTRIES, clock)
        board.begin(3)
        clock.now = 30.0
        board.end(3, protocol.cancelled("Stopped."))
        board.write()
    assert board.standings[3].seconds == 60.0 and board.standings[5].seconds == 0.0


@pytest.mark.parametrize("text", ["", "[]", '{"jobs": [3, {"name": "three", "seconds": "x"}]}'])
def test_a_damaged_record_costs_the_seconds_alone(tmp_path, text):
    (tmp_path / "batch.json").write_text(text)
    assert Board(tmp_path, ENTRIES).standings[3].seconds == 0.0


def test_a_large_batch_does_not_write_all_the_time(tmp_path):
    clock = Clock()
    board = Board(tmp_path, ENTRIES, clock)
    (tmp_path / "index.html").unlink()
    board.begin(3)
    clock.now = 4.9
    board.hear(3, protocol.progress("static", 1, 2, 1.0, {}))
    assert not (tmp_path / "index.html").exists()
    clock.now = 5.1
    board.hear(3, protocol.progress("static", 2, 2, 1.0, {}))
    assert (tmp_path / "index.html").exists()


def test_a_folder_that_can_not_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match="Can't write to .*file"):
        Board(tmp_path / "file", ENTRIES)


def test_figures_have_dotted_names():
    metrics = {"a": {"b": {"c": 1}}, "d": [1], "e": "", "f": "text", "g": None}
    assert figures(metrics) == {"a.b.c": 1, "f": "text"}
