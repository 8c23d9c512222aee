import pytest

from mav3d_blender.jobs.history import MAX_ENTRIES, add_to_history, read_history


def test_the_newest_prompt_comes_first_and_only_once(tmp_path):
    path = tmp_path / "deep" / "history.json"
    for number in [*range(MAX_ENTRIES + 5), 20]:
        add_to_history(path, {"prompt": f"{number}", "seed": number})
    prompts = [entry["prompt"] for entry in read_history(path)]
    newest = ["20", str(MAX_ENTRIES + 4), str(MAX_ENTRIES + 3)]
    assert prompts[:3] == newest and len(prompts) == MAX_ENTRIES and prompts.count("20") == 1


@pytest.mark.parametrize("content", ["{", "{}", '[1, {"seed": 2}]'])
def test_a_damaged_history_is_empty(tmp_path, content):
    (tmp_path / "history.json").write_text(content)
    assert read_history(tmp_path / "history.json") == []


def test_a_history_that_can_not_be_written_is_left_alone(tmp_path):
    (tmp_path / "file").write_text("")
    add_to_history(tmp_path / "file" / "history.json", {"prompt": "a ball"})
    assert read_history(tmp_path / "file" / "history.json") == []
