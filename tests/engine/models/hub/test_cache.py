import pytest

from engine.models.hub import cache

COMMIT, OTHER = "c0ffee" + "0" * 34, "c0ffef" + "0" * 34


@pytest.fixture
def filled(cache_folder):
    """Two commits of a model: one that has two names, one that has none."""
    for commit in (COMMIT, OTHER):
        (cache_folder / "models--someone--tiny-model" / "snapshots" / commit).mkdir(parents=True)
    for revision in ("main", "refs/pr/1"):
        cache.set_reference("someone/tiny-model", revision, COMMIT)
    (cache_folder / "models--bare" / "snapshots" / COMMIT).mkdir(parents=True)
    (cache_folder / "datasets--someone--pictures").mkdir()
    return cache_folder / "models--someone--tiny-model"


def test_a_revision_is_the_commit_that_it_was_at(filled):
    for revision in ("main", "refs/pr/1", COMMIT, "c0ffee0"):
        assert cache.commit_of("someone/tiny-model", revision) == COMMIT
    assert cache.commit_of("someone/tiny-model", OTHER) == OTHER
    for revision in ("v1", "c0ffe", "deadbee"):
        assert cache.commit_of("someone/tiny-model", revision) is None
    assert cache.commit_of("someone/else") is None


def test_a_damaged_reference_is_none(filled):
    for content in (b"", b"\xff\xfe", b"../../elsewhere"):
        (filled / "refs" / "main").write_bytes(content)
        assert cache.commit_of("someone/tiny-model") is None


def test_models_and_their_commits_are_listed_with_their_names(filled):
    assert cache.names() == ["someone/tiny-model"]
    first, second = cache.snapshots("someone/tiny-model")
    assert (first.commit, first.revisions, first.folder) == (COMMIT, ("main", "refs/pr/1"), filled / "snapshots" / COMMIT)
    assert (second.commit, second.revisions) == (OTHER, ())


def test_beginnings_are_those_that_a_fetch_goes_on_with(filled):
    begun = cache.blob("someone/tiny-model", "a" * 64 + cache.INCOMPLETE)
    begun.parent.mkdir()
    begun.write_bytes(b"1")
    # The library's own, of a process that is at work.
    begun.with_name("a" * 64 + ".1234abcd" + cache.INCOMPLETE).write_bytes(b"2")
    assert cache.beginnings("someone/tiny-model") == [begun]


def test_content_is_found_whatever_model_it_is_of(filled):
    content = cache.blob("someone/tiny-model", "b" * 64)
    content.parent.mkdir()
    content.write_bytes(b"1")
    assert list(cache.same_content("b" * 64)) == [content] and list(cache.same_content("c" * 64)) == []


def test_an_absent_cache_is_empty(cache_folder):
    assert cache.names() == [] and cache.snapshots("a/b") == [] and cache.beginnings("a/b") == []
