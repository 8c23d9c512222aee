"""What becomes of a request; the command line is in tests/engine/cli."""

import json

import numpy as np
import pytest
import trimesh

from engine.contract.errors import RequestError
from engine.mesh.files.frame import MeshError
from engine.mesh.surface import Mesh
from engine.mesh.track.follow import Track
from engine.mesh.track.report import FrameError, Report
from engine.pipeline.sequences.track_meshes import TrackRequest, track_meshes
from engine.pipeline.sequences.track_pictures import TILE, preview, report_picture

BALL = trimesh.creation.icosphere(2)


@pytest.fixture
def frames(tmp_path):
    """A ball of radius 1 that slides by 0.2 a frame, from 10 along X."""
    paths = [tmp_path / f"f_{number}.ply" for number in range(3)]
    for number, path in enumerate(paths):
        trimesh.Trimesh(BALL.vertices + [10 + 0.2 * number, 0, 0], BALL.faces, process=False).export(path)
    return paths


def test_a_sequence_becomes_one_mesh_where_it_was(frames, tmp_path):
    told = []
    request = TrackRequest(frames, tmp_path / "asset", reference=1, texture=32, fps=12)
    track_meshes(request, lambda message, *_: told.append(message))
    about = json.loads((tmp_path / "asset" / "asset.json").read_text())
    assert (about["topology"], about["frames"], about["fps"], about["preset"]) == ("fixed", 3, 12, "track")
    assert about["sources"] == ["f_0.ply", "f_1.ply", "f_2.ply"]
    with np.load(tmp_path / "asset" / "mesh.npz", allow_pickle=False) as mesh:
        middles = mesh["vertices"].mean(1) + np.array(about.get("origin", [0, 0, 0]))
    assert middles == pytest.approx(np.array([[10, 0, 0], [10.2, 0, 0], [10.4, 0, 0]]), abs=0.05)
    done = [message["step"] for message in told if message["type"] == "progress"]
    assert done == sorted(done) and told[-1]["type"] == "result" and "advice" not in told[-1]
    report = json.loads((tmp_path / "asset" / "report.json").read_text())
    assert report["reference"] == 1 and report["mean"]["distance"] < 1


def test_a_reference_that_is_none_of_the_frames_is_refused_before_anything_is_written(frames, tmp_path):
    with pytest.raises(RequestError, match="reference"):
        track_meshes(TrackRequest(frames, tmp_path / "asset", reference=4), lambda *_: None)
    assert not (tmp_path / "asset").exists()


def test_what_is_there_stays(frames, tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "scene.blend").touch()
    for overwrite, said in ((False, "is not empty"), (True, "something else than an asset")):
        with pytest.raises(MeshError, match=said):
            track_meshes(TrackRequest(frames, tmp_path / "work", overwrite=overwrite), lambda *_: None)
    with pytest.raises(MeshError, match="is a file"):
        track_meshes(TrackRequest(frames, tmp_path / "work" / "scene.blend"), lambda *_: None)


def test_pictures_have_a_frame_or_a_column_each():
    positions = np.stack([BALL.vertices, BALL.vertices + [0.5, 0, 0]])
    pictures = preview(positions, np.int32(BALL.faces))
    assert pictures.shape == (2, 256, 256, 3) and pictures.dtype == np.uint8
    # The ball goes to the right, seen from the front.
    columns = [np.argwhere(picture.min(-1) < 250)[:, 1].mean() for picture in pictures]
    assert columns[1] > columns[0] + 10
    report = Report(0, [FrameError(0.1, 0.2, 0.0, 1.0)] * 2)
    found = Track(positions, np.int32(BALL.faces), report)
    sheet = report_picture(found, [Mesh(place, np.int32(BALL.faces)) for place in positions])
    assert sheet.shape[1] == 2 * TILE and sheet.shape[0] > 2 * TILE
