
import pytest

from mav3d_blender.controller.vocabulary import objection, read_vocabulary
from mav3d_blender.jobs.history import MOST, add_to_history, read_history
from tests.root import ROOT

VOCABULARY = read_vocabulary(ROOT / "engine" / "models" / "primitives" / "vocabulary.json")


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("a red ball bouncing", ""),
        ("BOUNCING red ball!", ""),
        ("a corgi playing", "Unknown: corgi, playing"),
        ("red bouncing", "Name an object"),
        ("a red blue ball", "One of the colours at a time: blue, red"),
        ("a ball and a cube", "One of the objects at a time: ball, cube"),
    ],
)
def test_a_prompt_is_judged_while_one_types(prompt, said):
    assert objection(prompt, VOCABULARY) == said


def test_every_word_of_the_models_and_every_synonym_is_known():
    for kind, words in VOCABULARY.words.items():
        for word, others in words.items():
            for phrase in (word, *others):
                prompt = phrase if kind == "objects" else f"{phrase} ball"
                assert objection(prompt, VOCABULARY) == "", phrase


def test_a_damaged_vocabulary_is_none(tmp_path):
    (tmp_path / "vocabulary.json").write_text('{"colours": {}}')
    assert read_vocabulary(tmp_path / "vocabulary.json") is None


def test_the_newest_prompt_comes_first_and_only_once(tmp_path):
    path = tmp_path / "deep" / "history.json"
    for number in [*range(MOST + 5), 20]:
        add_to_history(path, {"prompt": f"{number}", "seed": number})
    prompts = [entry["prompt"] for entry in read_history(path)]
    assert prompts[:3] == ["20", str(MOST + 4), str(MOST + 3)] and len(prompts) == MOST and prompts.count("20") == 1


@pytest.mark.parametrize("content", ["{", "{}", '[1, {"seed": 2}]'])
def test_a_damaged_history_is_empty(tmp_path, content):
    (tmp_path / "history.json").write_text(content)
    assert read_history(tmp_path / "history.json") == []
