import json

import pytest

from engine.contract.errors import TransferError
from engine.remote.inputs import companions, job_files, with_inputs


def test_a_picture_goes_into_the_jobs_input(tmp_path):
    (tmp_path / "a dog.png").write_bytes(b"x")
    message = {"type": "generate", "job": "a", "request": {"prompt": "p", "image": str(tmp_path / "a dog.png")}}
    there, files = with_inputs(message, "/far/a")
    assert there["request"] == {"prompt": "p", "image": "/far/a/input/a dog.png"}
    assert files == {"input/a dog.png": tmp_path / "a dog.png"} and message["request"]["image"].startswith(str(tmp_path))


def test_a_request_without_files_stays_as_it_is(tmp_path):
    assert with_inputs({"type": "resume", "changes": {}}, "/far") == ({"type": "resume", "changes": {}}, {})
    assert with_inputs({"type": "generate", "request": {"prompt": "p"}}, "/far")[1] == {}


def test_bones_go_along_with_their_mesh(tmp_path):
    for name in ("dog.ply", "bones.npz"):
        (tmp_path / name).write_bytes(b"ply\n")
    request = {"prompt": "p", "mesh": str(tmp_path / "dog.ply"), "bones": str(tmp_path / "bones.npz")}
    there, files = with_inputs({"type": "generate", "request": request}, "/far/a")
    assert (there["request"]["mesh"], there["request"]["bones"]) == ("/far/a/input/dog.ply", "/far/a/input/bones.npz")
    assert set(files) == {"input/dog.ply", "input/bones.npz"}


@pytest.mark.parametrize("key", ["image", "mesh", "bones", "asset"])
def test_a_missing_file_is_named(tmp_path, key):
    with pytest.raises(TransferError, match="none"):
        with_inputs({"type": "generate", "request": {key: str(tmp_path / "none")}}, "/far")


def test_what_a_mesh_names_beside_it(tmp_path):
    for name in ("dog.obj", "dog.mtl", "fur 1.png", "eye.png", "other.png", "scene.bin", "p.png", "ball.png"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "dog.obj").write_text("mtllib dog.mtl\r\nmtllib ../outside.mtl\nv 0 0 0\n")
    (tmp_path / "dog.mtl").write_text("newmtl a\nmap_Kd -bm 1.0 fur 1.png\n  bump eye.png\nmap_Kd /etc/passwd\n")
    assert [path.name for path in companions(tmp_path / "dog.obj")] == ["dog.mtl", "fur 1.png", "eye.png"]
    document = {"buffers": [{"uri": "scene.bin"}, {}], "images": [{"uri": "fur%201.png"}, {"uri": "data:image/png;base64,AA"}]}
    (tmp_path / "scene.gltf").write_text(json.dumps(document))
    assert [path.name for path in companions(tmp_path / "scene.gltf")] == ["scene.bin", "fur 1.png"]
    (tmp_path / "ball.ply").write_bytes(b"ply\nformat binary_little_endian 1.0\ncomment TextureFile ball.png\n\xff\xfe")
    assert [path.name for path in companions(tmp_path / "ball.ply")] == ["ball.png"]
    (tmp_path / "materials.json").write_text(json.dumps([{"colour": None, "picture": "p.png"}, {"picture": None}]))
    assert [path.name for path in companions(tmp_path / "frame_0001.npz")] == ["materials.json", "p.png"]
    assert companions(tmp_path / "a.stl") == [] and companions(tmp_path / "broken.gltf") == []


def test_frames_keep_their_places_to_each_other(tmp_path):
    for name in ("a/f_1.stl", "b/f_1.stl"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(name.encode())
    meshes = [str(tmp_path / "a" / "f_1.stl"), str(tmp_path / "b" / "f_1.stl")]
    there, files = with_inputs({"type": "track", "request": {"meshes": meshes}}, "/far")
    assert there["request"]["meshes"] == ["/far/input/a/f_1.stl", "/far/input/b/f_1.stl"]
    assert set(files) == {"input/a/f_1.stl", "input/b/f_1.stl"}
    folder, files = with_inputs({"type": "track", "request": {"meshes": [str(tmp_path / "a")]}}, "/far")
    assert folder["request"]["meshes"] == ["/far/input/f_1.stl"] and set(files) == {"input/f_1.stl"}


def test_a_job_goes_with_what_its_run_goes_on_from(tmp_path):
    assert job_files(tmp_path) == {}
    left_out = ("asset/asset.json", ".lock")
    for name in ("job.json", "job.2.json", "state.safetensors", "reference.png", "texts/a.safetensors", *left_out):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert set(job_files(tmp_path)) == {
        "job.json", "job.2.json", "state.safetensors", "reference.png", "texts/a.safetensors",
    }  # fmt: skip
