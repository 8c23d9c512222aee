import pytest

from engine.batch.rows import COLUMNS, Row, read_rows, setting_value
from engine.contract.errors import BatchError


def rows_of(tmp_path, name: str, text: str | bytes) -> list[Row]:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_rows(path)


def test_a_table_has_a_column_for_any_setting_and_counts_as_a_spreadsheet_does(tmp_path):
    text = '\ufeffPrompt,Static steps,--seed,name\r\n"a ball,\nred",2,,first\r\n,,,\r\na cube,,7.0,\r\n'
    assert rows_of(tmp_path, "b.csv", text) == [
        Row(2, {"prompt": "a ball,\nred", "static_steps": "2", "name": "first"}),
        Row(4, {"prompt": "a cube", "seed": "7.0"}),
    ]


@pytest.mark.parametrize("name", ["b.csv", "b.tsv"])
def test_a_table_may_stand_between_tabs(tmp_path, name):
    assert rows_of(tmp_path, name, "prompt\tseed\na ball, red\t1\n") == [Row(2, {"prompt": "a ball, red", "seed": "1"})]


def test_a_table_may_stand_between_semicolons(tmp_path):
    assert rows_of(tmp_path, "b.csv", "prompt;seed\na ball, red;1\n") == [Row(2, {"prompt": "a ball, red", "seed": "1"})]


def test_each_line_is_an_object(tmp_path):
    text = '{"prompt": "a ball", "seed": 3, "fps": null}\n\n{"prompt": "a cube", "sed": 3}\n[1]\n{"prompt": \n'
    good, unknown, no_object, no_json = rows_of(tmp_path, "b.jsonl", text)
    assert good == Row(1, {"prompt": "a ball", "seed": 3})
    assert unknown.number == 3 and unknown.fault == f"there is no column 'sed'; there are {', '.join(COLUMNS)}"
    assert (no_object.number, no_json.number) == (4, 5)
    assert "no object" in no_object.fault and "no JSON" in no_json.fault


def test_each_line_is_a_prompt(tmp_path):
    assert rows_of(tmp_path, "b.txt", "a ball\n\n  a cube \n") == [Row(1, {"prompt": "a ball"}), Row(3, {"prompt": "a cube"})]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("b.csv", "prompt,sed\na ball,1\n", "no column 'sed'; there are name, prompt, preset"),
        ("b.csv", "prompt,mesh_sha256\na ball,1\n", "no column 'mesh_sha256'"),
        ("b.csv", "prompt,seed,Seed\na ball,1,2\n", "two columns 'seed'"),
        ("b.csv", "seed\n1\n", "no column 'prompt'"),
        ("b.csv", 'prompt,seed\na ball,1\n"a cube,2\n', "row 3: the quotes do not match"),
        ("b.csv", "prompt\n", "holds no request"),
        ("b.csv", "", "holds no request"),
        ("b.csv", b"prompt\na ball\n\xff\n", r"not UTF-8 text \(row 3\)"),
        ("b.xlsx", "PK", "is no list of requests: give a .csv"),
    ],
)
def test_what_is_wrong_with_all_of_a_file_is_one_sentence(tmp_path, name, text, said):
    with pytest.raises(BatchError, match=said):
        rows_of(tmp_path, name, text)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(BatchError, match="can't be read .No such file"):
        read_rows(tmp_path / "none.csv")


def test_a_cell_too_many_is_its_row_s_fault(tmp_path):
    good, bad = rows_of(tmp_path, "b.csv", "prompt,seed\na ball,1,,\na ball, red,1\n")
    assert not good.fault and bad.number == 3 and "'1' stands beyond the last column" in bad.fault


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("seed", "7", 7), ("seed", "7.0", 7), ("seed", "7.5", 7.5), ("seed", "x", "x"), ("seed", 7, 7),
        ("fps", "24", 24), ("fps", "23.976", 23.976), ("fps", "inf", float("inf")),
        ("keep_going", "Yes", True), ("keep_going", "false", False), ("keep_going", "maybe", "maybe"), ("keep_going", 1, 1),
        ("without", "skeleton; trajectory", ["skeleton", "trajectory"]), ("prompt", "3", "3"), ("quality", "draft", "draft"),
    ],
)  # fmt: skip
def test_a_cell_becomes_what_its_setting_takes(name, text, value):
    found = setting_value(name, text)
    assert found == value and type(found) is type(value)
