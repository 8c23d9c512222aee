"""Reading, refusing and writing again; the command line is in tests/engine/cli."""

import json

import numpy as np
import pytest

from engine.contract.rig import RigRequest
from engine.mesh.asset import MovingMesh, write_asset
from engine.mesh.rig.report import RigReport
from engine.mesh.rig.rig import RigError
from engine.pipeline.sequences.rig_asset import read_moving, rig_asset, summary
from tests.engine.mesh.rig.bodies import folding_bar

ABOUT = {"prompt": "a bar", "fps": 12, "loop": False, "metrics": {"track": {"mean": {}}}, "seed": 3}


@pytest.fixture
def asset(tmp_path):
    vertices, triangles, _ = folding_bar()
    uv, albedo = np.zeros((len(triangles), 3, 2), np.float32), np.full((8, 8, 3), 9, np.uint8)
    mesh = MovingMesh(np.float32(vertices), triangles, uv, [albedo])
    write_asset(tmp_path / "asset", mesh, np.zeros((8, 16, 16, 3), np.uint8), ABOUT, {"report.json": "{}"})
    return tmp_path / "asset"


def test_what_was_written_is_read(asset):
    about, mesh = read_moving(asset)
    vertices, triangles, _ = folding_bar()
    assert (about["prompt"], about["topology"]) == ("a bar", "fixed")
    assert mesh.positions == pytest.approx(np.float32(vertices)) and np.array_equal(mesh.triangles, triangles)
    assert [albedo.tolist() for albedo in mesh.albedos] == [np.full((8, 8, 3), 9).tolist()]


def test_an_asset_is_rigged_beside_itself_and_keeps_what_it_was(asset, tmp_path):
    told = []
    rig_asset(RigRequest(asset, tmp_path / "rigged", bones=2), lambda message, *_: told.append(message))
    assert [message["type"] for message in told if message["type"] != "note"] == ["progress", "progress", "result"]
    about, mesh = read_moving(tmp_path / "rigged")
    assert (about["topology"], about["seed"], set(about["metrics"])) == ("rigged", 3, {"track", "rig"})
    with np.load(tmp_path / "rigged" / "rig.npz", allow_pickle=False) as file:
        assert file["parents"].tolist() == [-1, 0]
    assert (tmp_path / "rigged" / "report.json").read_text() == "{}" and (tmp_path / "rigged" / "rig.png").is_file()
    vertices, _, _ = folding_bar()
    assert np.linalg.norm(mesh.positions - vertices, axis=-1).mean() < 0.01
    with pytest.raises(RigError, match="exists: choose another --output"):
        rig_asset(RigRequest(asset, tmp_path / "rigged"), lambda *_: None)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda folder: (folder / "albedo.png").unlink(), "no asset folder: albedo.png is missing"),
        (lambda folder: (folder / "asset.json").write_text("{"), "can't be read as an asset"),
        (lambda folder: write(folder, vertices=np.zeros((2, 3))), "no moving mesh"),
        (lambda folder: write(folder, triangles=np.array([[0, 1, 99]])), "no moving mesh"),
        (lambda folder: write(folder, vertices=np.full((2, 4, 3), np.nan)), "mesh.npz holds numbers that are not finite"),
        (lambda folder: about(folder, topology="per-frame"), "a mesh of its own in every frame"),
    ],
)
def test_what_is_no_asset_with_one_mesh_is_one_sentence(asset, change, said):
    change(asset)
    with pytest.raises(RigError, match=said):
        read_moving(asset)


def write(folder, **changes):
    arrays = {"vertices": np.zeros((2, 4, 3)), "triangles": np.array([[0, 1, 2]]), "uv": np.zeros((1, 3, 2))}
    np.savez(folder / "mesh.npz", **(arrays | changes))


def about(folder, **changes):
    values = json.loads((folder / "asset.json").read_text())
    (folder / "asset.json").write_text(json.dumps(values | changes))


def test_what_overwrite_would_remove_is_kept(asset, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years")
    for output in (mine, mine / "thesis.txt"):
        with pytest.raises(RigError, match="holds something else than an asset"):
            rig_asset(RigRequest(asset, output, overwrite=True), lambda *_: None)
    assert (mine / "thesis.txt").read_text() == "years"
    (asset / "notes.json").write_bytes(b"\xe4{")
    (asset / "renders").mkdir()
    (asset / "renders" / "1.png").write_bytes(b"no picture")
    rig_asset(RigRequest(asset, bones=2), lambda *_: None)
    assert (asset / "rig.npz").is_file() and (asset / "notes.json").read_bytes() == b"\xe4{"
    assert (asset / "renders" / "1.png").read_bytes() == b"no picture"


def test_a_damaged_report_is_named_and_a_jobs_asset_is_found(asset, tmp_path):
    with pytest.raises(RigError, match="no asset folder: asset.json is missing. The job's asset is .*asset"):
        read_moving(tmp_path)
    (asset / "report.json").write_bytes(b"\xff\xfe{")
    with pytest.raises(RigError, match="report.json is damaged"):
        rig_asset(RigRequest(asset), lambda *_: None)
    (asset / "albedo.png").write_bytes(b"no picture")
    with pytest.raises(RigError, match="since a file in it is damaged: make it anew"):
        read_moving(asset)


def test_a_line_for_people_counts_bones_and_errors(tmp_path):
    report = RigReport(1, np.array([0.5, 1.5]), np.array([2.0, 3.0]), 1.0, [])
    assert summary(tmp_path, report) == (
        f"Asset: {tmp_path} (one bone, on average 1.00 % of the size from where the mesh was, 3.00 % at most; rig.png there "
        "shows them)"
    )
