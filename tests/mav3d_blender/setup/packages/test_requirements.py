"""The pinned list: read, compared, stamped."""

import pytest

from mav3d_blender.setup.packages.requirements import Requirement, SetupError, read_requirements, satisfies, stamp


def test_the_engines_own_list_is_read():
    names = {requirement.name: requirement for requirement in read_requirements()}
    assert names["torch"].operator == "==" and "diffusers" in names and names["numpy"].operator == ">="


@pytest.mark.parametrize("text", ["torch==2.13.0\n-r other.txt\n", "git+https://example.org/x\n", "\n# nothing\n"])
def test_a_list_with_anything_else_is_refused(tmp_path, text):
    path = tmp_path / "list.txt"
    path.write_text(text)
    with pytest.raises(SetupError):
        read_requirements(path)


def test_a_list_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(SetupError, match="install the extension again"):
        read_requirements(tmp_path / "none.txt")


@pytest.mark.parametrize(
    ("version", "asked", "good"),
    [
        ("2.13.0+cpu", "==2.13.0", True),
        ("2.13", "==2.13.0", True),
        ("2.13.1", "==2.13.0", False),
        ("2.4.6", ">=1.26", True),
        ("1.26.0", ">=1.26", True),
        ("1.9", ">=1.26", False),
        ("2.0rc1", ">=2.0", False),
        ("0.10.0", "==0.1.0", False),
    ],
)
def test_versions_are_compared_by_their_numbers(version, asked, good):
    assert satisfies(version, Requirement("package", asked[:2], asked[2:])) is good


def test_the_stamp_changes_with_a_version_and_not_with_order_or_spelling():
    one, two = Requirement("fast_simplification", "==", "0.2.0"), Requirement("torch", "==", "2.13.0")
    same = Requirement("Fast-Simplification", "==", "0.2.0")
    assert stamp([one, two]) == stamp([two, same]) != stamp([one, Requirement("torch", "==", "2.14.0")])
