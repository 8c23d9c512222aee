import pytest

from engine.models.hub.ids import source_text, split_source


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("owner/name", ("owner/name", "main")), ("o-w.n_er/na.me-1", ("o-w.n_er/na.me-1", "main")),
        ("owner/name@v1.0", ("owner/name", "v1.0")), ("owner/name@refs/pr/3", ("owner/name", "refs/pr/3")),
    ],
)  # fmt: skip
def test_a_source_is_split_into_id_and_revision_and_put_together_again(source, parts):
    assert split_source(source) == parts and source_text(*parts) == source


@pytest.mark.parametrize(
    "source", ["name", "/abs/path", "a/b/c", "a\\b", "a/..", "a/b@..", "a/b@", "@x", "a b/c", "C:/x", "a/b@x y"]
)
def test_what_is_no_source_is_none(source):
    assert split_source(source) is None
