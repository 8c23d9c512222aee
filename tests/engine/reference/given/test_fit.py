"""What a mesh is, which way it faces and where it stands, for meshes that nobody trained on."""

import numpy as np
import pytest

from engine.contract.errors import DamagedError, PromptError
from engine.contract.vocabulary import Vocabulary
from engine.models.presets import CREATURES_FOLDER
from engine.reference.given.fit import MeshFit, fit_mesh
from engine.reference.given.mesh import ReferenceMesh
from tests.engine.reference.given.shapes import Shape, box, box_dog, ellipsoid, joined

VOCABULARY = Vocabulary.read(CREATURES_FOLDER)


def mesh_of(shape: Shape, quarters: int = 0, size: float = 1.0) -> ReferenceMesh:
    vertices, faces = shape
    turn = np.linalg.matrix_power(np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]), quarters)
    triangles = np.array([(face[0], face[i], face[i + 1]) for face in faces for i in range(1, len(face) - 1)], np.int32)
    return ReferenceMesh(size * vertices @ turn.T + [3, 4, 5], triangles)


@pytest.mark.parametrize("quarters", range(4))
def test_a_dog_faces_ahead_however_it_stood(quarters):
    mesh = mesh_of(box_dog(), quarters, 20.0)
    fit = fit_mesh(mesh, "a dog running", VOCABULARY)
    assert fit.name == "dog" and fit.quarters == (4 - quarters) % 4
    placed = fit.to_scene(mesh.vertices)
    same = fit_mesh(mesh_of(box_dog()), "a dog running", VOCABULARY).to_scene(mesh_of(box_dog()).vertices)
    np.testing.assert_allclose(placed, same, atol=1e-6)
    # As large as the built-in one in the scene, which is about 0.8 metres long, and in the middle.
    assert 0.7 < np.ptp(placed[:, 1]) < 1.0 and np.abs(placed).max() < 0.6


def test_a_ball_and_a_car_of_boxes_are_recognised():
    assert fit_mesh(mesh_of(ellipsoid((0, 0, 0), (1, 1, 1))), "bouncing", VOCABULARY).name == "ball"
    four_legs = fit_mesh(mesh_of(box_dog()), "running", VOCABULARY)
    assert four_legs.name in ("dog", "cat", "horse") and four_legs.likeness > 0.5


def test_what_looks_like_nothing_has_to_be_named():
    table = joined(box((-0.6, -0.4, 0.7), (0.6, 0.4, 0.76)), *(
        box((x - 0.03, y - 0.03, 0), (x + 0.03, y + 0.03, 0.7)) for x in (-0.55, 0.55) for y in (-0.35, 0.35)
    ))  # fmt: skip
    with pytest.raises(PromptError, match="looks like none of the built-in objects .* name it in the prompt"):
        fit_mesh(mesh_of(table), "walking", VOCABULARY)
    assert fit_mesh(mesh_of(table), "a dog walking", VOCABULARY).name == "dog"


def test_models_that_take_any_text_get_a_thing_of_a_metre():
    mesh = mesh_of(box((0, 0, 0), (2, 4, 1)))
    fit = fit_mesh(mesh, "a gryphon flying", None)
    np.testing.assert_allclose(np.ptp(fit.to_scene(mesh.vertices), axis=0), [0.5, 1, 0.25])
    assert (fit.name, fit.quarters) == ("", 0)


def test_it_is_kept_with_the_job(tmp_path):
    fit = MeshFit("dog", "brown", 0.7, 3, 0.5, (1.0, 2.0, 3.0), (0.0, 0.1, 0.2))
    fit.save(tmp_path / "fit.json")
    assert MeshFit.load(tmp_path / "fit.json") == fit
    (tmp_path / "fit.json").write_text('{"name": "dog"}')
    with pytest.raises(DamagedError, match="begin the job anew"):
        MeshFit.load(tmp_path / "fit.json")
