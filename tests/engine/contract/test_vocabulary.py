import json
from dataclasses import replace
from pathlib import Path

import pytest

from engine.contract.errors import ModelError
from engine.contract.vocabulary import BUILT_IN, Vocabulary, built_in_vocabulary, words_of_preset
from engine.models.presets import PRESETS

SMALL = Vocabulary(
    {"red": ["scarlet"], "blue": []}, {"ball": ["orb"]}, {"still": []}, ["a", "the"], {"ball": "red"}, "still",
    {"red": [1.0, 0.0, 0.0], "blue": [0.0, 0.0, 1.0]},
)  # fmt: skip


def write(folder, values) -> None:
    (folder / "vocabulary.json").write_text(values if isinstance(values, str) else json.dumps(values))


def test_a_vocabulary_comes_back_from_its_file(tmp_path):
    write(tmp_path, SMALL.as_dict())
    assert Vocabulary.read(tmp_path) == SMALL


def test_a_model_without_a_vocabulary_takes_any_text(tmp_path):
    assert Vocabulary.read(tmp_path) is None


def test_an_older_file_without_a_palette_has_the_built_in_one():
    values = SMALL.as_dict()
    del values["palette"]
    assert Vocabulary.from_dict(values) == replace(SMALL, palette=built_in_vocabulary().palette)


@pytest.mark.parametrize("content", ["{", "[]", "{}", {"colours": {}}, SMALL.as_dict() | {"extra": 1}])
def test_a_damaged_file_is_one_sentence(tmp_path, content):
    write(tmp_path, content)
    with pytest.raises(ModelError, match="is damaged .* Install the model again"):
        Vocabulary.read(tmp_path)


def test_words_that_are_no_table_are_refused():
    with pytest.raises((ValueError, TypeError)):
        Vocabulary.from_dict(SMALL.as_dict() | {"motions": ["still"]})


def test_all_words_are_listed_for_people():
    assert SMALL.described() == "colors red, blue; objects ball; motions still"


def test_the_built_in_words_go_together():
    words = built_in_vocabulary()
    assert set(words.default_colours) <= set(words.objects) and set(words.default_colours.values()) <= set(words.colours)
    assert words.default_motion in words.motions and set(words.palette) == set(words.colours)
    assert all(len(colour) == 3 and all(0 <= part <= 1 for part in colour) for colour in words.palette.values())


def test_the_words_of_presets_that_come_with_the_engine_need_no_engine():
    assert set(BUILT_IN) == {name for name, preset in PRESETS.items() if preset.built_in}
    for name, (folder, beside) in BUILT_IN.items():
        assert PRESETS[name].beside == beside and Path(PRESETS[name].video).parent == folder
    toys, bodies = words_of_preset("primitives")
    assert toys == built_in_vocabulary() and words_of_preset("creatures") == (bodies,)
    assert "dog" in bodies.objects and "dog" not in toys.objects and "running" in bodies.limb_motions
    assert words_of_preset("paper") == () and words_of_preset("custom") == ()


def test_words_that_can_not_be_read_are_left_to_the_engine(tmp_path, monkeypatch):
    (tmp_path / "vocabulary.json").write_text("{")
    monkeypatch.setitem(BUILT_IN, "creatures", (tmp_path, ""))
    words_of_preset.cache_clear()
    try:
        assert words_of_preset("creatures") == () and len(words_of_preset("primitives")) == 1
    finally:
        words_of_preset.cache_clear()
