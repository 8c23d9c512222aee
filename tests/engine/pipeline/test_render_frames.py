import imageio.v3 as imageio
import numpy as np
import pytest

from engine.contract.errors import RenderError
from engine.pipeline.render_frames import check_output, render_frames, write_frames
from engine.scene.camera_path import Pose, camera_path
from tests.engine.scene.test_render import UniformBall


def test_a_ball_is_where_its_moment_puts_it():
    """A ball that moves 0.6 along X: seen from the front it moves right, seen from behind left."""
    ball = UniformBall(60.0, 0.3, speed=0.6)
    path = [Pose(azimuth, 0.0, time=time) for azimuth in (0.0, np.pi) for time in (0.0, 1.0)]
    columns = []
    for image in render_frames(ball, path, 32, 64, background=0.0):
        assert image.shape == (32, 32, 3) and image.dtype == np.uint8
        red = image[..., 0].astype(float)
        columns.append((red * np.arange(32)).sum() / red.sum())
    assert columns[0] == pytest.approx(15.5, abs=0.3) and columns[2] == pytest.approx(15.5, abs=0.3)
    assert columns[1] - 15.5 == pytest.approx(15.5 - columns[3], abs=0.3)
    assert columns[1] > 19


def frames(count: int):
    return (np.full((16, 16, 3), 40 * number, np.uint8) for number in range(count))


def test_pictures_go_to_a_folder_a_file_or_a_movie(tmp_path):
    heard = []
    write_frames(frames(3), tmp_path / "folder", 12, heard.append)
    assert heard == [1, 2, 3] and imageio.imread(tmp_path / "folder" / "0003.png").mean() == 80
    write_frames(frames(1), tmp_path / "one.png", 12)
    assert (tmp_path / "one.png").is_file()
    for name in ("clip.mp4", "clip.gif"):
        write_frames(frames(5), tmp_path / name, 12)
        assert len(list(imageio.imiter(tmp_path / name))) == 5
    assert not list(tmp_path.glob(".*"))


def test_a_shorter_render_leaves_nothing_of_a_longer_one(tmp_path):
    write_frames(frames(3), tmp_path / "folder", 12)
    (tmp_path / "folder" / "notes.txt").write_text("mine")
    write_frames(frames(1), tmp_path / "folder", 12)
    assert sorted(path.name for path in (tmp_path / "folder").iterdir()) == ["0001.png", "notes.txt"]


def test_a_render_that_breaks_off_leaves_no_half_movie(tmp_path):
    def breaking():
        yield from frames(2)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_frames(breaking(), tmp_path / "clip.mp4", 12)
    assert not list(tmp_path.iterdir())


def test_what_is_there_is_not_replaced_unasked(tmp_path):
    (tmp_path / "clip.mp4").write_bytes(b"mine")
    with pytest.raises(RenderError, match="--overwrite"):
        check_output(tmp_path / "clip.mp4", 3, overwrite=False)
    check_output(tmp_path / "clip.mp4", 3, overwrite=True)
    with pytest.raises(RenderError, match="--overwrite"):
        check_output(tmp_path, 3, overwrite=False)


@pytest.mark.parametrize(("name", "said"), [("a.png", "3 frames don't fit"), ("a.avi", "no kind known")])
def test_an_output_of_the_wrong_kind_is_one_sentence(tmp_path, name, said):
    with pytest.raises(RenderError, match=said):
        check_output(tmp_path / name, 3, overwrite=False)


def test_a_place_that_can_not_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RenderError, match="Can't write"):
        write_frames(frames(1), tmp_path / "file" / "x.png", 12)


def test_a_turntable_shows_all_sides():
    path = camera_path("turntable", Pose(0.0, 0.0), 4)
    assert len(list(render_frames(UniformBall(60.0, 0.3), path, 8, 16, 0.5))) == 4
