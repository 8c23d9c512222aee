import pytest

from mav3d_blender.jobs.disk_use import folder_bytes, job_bytes, size_text


def test_all_files_below_a_folder_count_and_links_do_not(tmp_path):
    inner = tmp_path / "a" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "a" / "one").write_bytes(b"x" * 1000)
    (inner / "two").write_bytes(b"x" * 500)
    (tmp_path / "outside").write_bytes(b"x" * 10**6)
    (inner / "link").symlink_to(tmp_path / "outside")
    (inner / "loop").symlink_to(tmp_path, target_is_directory=True)
    links = sum((inner / name).lstat().st_size for name in ("link", "loop"))
    assert folder_bytes(tmp_path / "a") == 1500 + links
    assert job_bytes(tmp_path, ["a", "gone"]) == {"a": 1500 + links, "gone": 0}


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 kB"), (10, "1 kB"), (2_400, "2 kB"), (340_000_000, "340 MB"), (2_540_000_000, "2.5 GB")]
)
def test_sizes_are_in_words(size, text):
    assert size_text(size) == text
