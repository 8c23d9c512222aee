"""`engine export` as a user meets it, in its own process."""

import shutil

from tests.engine.cli.launching import launch


def test_export_writes_the_asset_again_from_the_checkpoint(finished, tiny_models, tmp_path):
    whole, _ = finished
    output = shutil.copytree(whole, tmp_path / "job")
    meshes = (output / "asset" / "mesh.npz").read_bytes()
    (output / "asset" / "asset.json").unlink()
    done = launch(tiny_models, "export", str(output))
    assert done.returncode == 0, done.stderr
    assert (output / "asset" / "mesh.npz").read_bytes() == meshes


def test_without_a_checkpoint_there_is_nothing_to_export(finished, tiny_models, tmp_path):
    whole, _ = finished
    (tmp_path / "job").mkdir()
    shutil.copy(whole / "job.json", tmp_path / "job")
    done = launch(tiny_models, "export", str(tmp_path / "job"))
    assert done.returncode == 1 and len(done.stderr.strip().splitlines()) == 1 and "Traceback" not in done.stderr
    assert not (tmp_path / "job" / "asset").exists()
