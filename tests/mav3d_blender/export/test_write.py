"""What a file is called."""

from pathlib import Path

import pytest

from mav3d_blender.export.write import with_suffix


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("shot.v2", "GLB", "shot.v2.glb"),
        ("shot", "USDC", "shot.usdc"),
        ("shot.GLB", "GLB", "shot.GLB"),
        ("shot.glb", "FBX", "shot.fbx"),
        ("ball 1.5 m", "ABC", "ball 1.5 m.abc"),
    ],
)
def test_the_ending_is_added_and_a_name_keeps_its_dots(name, kind, expected):
    assert with_suffix(Path("/a", name), kind) == Path("/a", expected)
