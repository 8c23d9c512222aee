"""Files that are something else than their names say."""

import gzip

import pytest

from engine.mesh.files.frame import MeshError
from engine.mesh.files.mesh_file import read_mesh
from engine.mesh.files.sequence import read_sequence
from engine.mesh.files.signature import mistaken


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (gzip.compress(b"v 0 0 0"), "is a gzip archive, whatever its name says: unpack it first"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "is a pointer of Git LFS .* run git lfs pull"),
        (b"<!DOCTYPE html><html>404</html>", "is a web page"),
        (b"\0" * 300, "holds zeros alone"),
        (b"glTF\2\0\0\0", "is binary glTF, whatever its name says: let its name end in .glb"),
        (b"BLENDER-v500", "is a file of Blender"),
    ],
)
def test_what_it_is_and_the_way_out_are_one_sentence(tmp_path, content, said):
    for ending in ("obj", "stl", "off"):
        path = tmp_path / f"mesh.{ending}"
        path.write_bytes(content)
        with pytest.raises(MeshError, match=f"^Frame 1 {said}") as caught:
            read_mesh(path, "Frame 1")
        assert "\n" not in str(caught.value)


def test_what_is_of_its_kind_is_not_mistaken():
    own = ((b"glTF\2", "glTF"), (b"ply\n", "PLY"), (b"PK\3\4", "mesh frame"), (b"# made by hand", "OBJ"), (b"", "OBJ"))
    for head, kind in own:
        assert mistaken(head, kind) is None


def test_a_file_that_would_move_is_looked_at_too(tmp_path):
    (tmp_path / "walk.glb").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(MeshError, match="walk.glb is a pointer of Git LFS"):
        read_sequence([tmp_path / "walk.glb"])


def test_text_without_a_statement_of_obj_is_none(tmp_path):
    (tmp_path / "mesh.obj").write_text("solid cube\nfacet normal 0 0 1\n")
    with pytest.raises(MeshError, match="is no Wavefront OBJ, which begins with 'solid cube'"):
        read_mesh(tmp_path / "mesh.obj", "Frame 1")
