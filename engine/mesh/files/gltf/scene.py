"""The surfaces of a glTF scene at any moment: nodes, instances, skins, morph targets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from engine.mesh.files.frame import RawMesh
from engine.mesh.files.gltf.animation import Animation, Pose
from engine.mesh.files.gltf.document import DRACO, MAX_VALUES, Document
from engine.mesh.files.gltf.paint import read_paint, read_uv
from engine.mesh.files.paint import Paint, joined
from engine.mesh.files.pictures import Pictures

# How the corners of triangles follow one another: primitive modes with a surface.
TRIANGLES, STRIP, FAN = 4, 5, 6
# What a JSON file may nest without being damaged.
DEEPEST = 256
MAX_INSTANCES = 2**17


@dataclass(frozen=True)
class _Surface:
    """A primitive as its node shows it. place: where in the node's space, [4, 4]; points [V, 3]; targets [K, V, 3], offsets of
    morph targets; joints, weights [V, J]; uv: of the triangles' corners, [T, 3, 2], or None."""

    node: int
    place: np.ndarray
    points: np.ndarray
    triangles: np.ndarray
    targets: np.ndarray
    joints: np.ndarray | None
    weights: np.ndarray | None
    paint: Paint | None
    uv: np.ndarray | None


class GltfScene:
    """A file's scene, Z up, in metres."""

    def __init__(self, path: Path, name: str, pictures: Pictures) -> None:
        """name: of the file, for sentences. Raises MeshError."""
        self.document = Document(path, name, pictures)
        self.losses: list[str] = []
        self._parents = self._tree()
        self._rest = self._world({})
        self.surfaces = [each for node in self._parents for each in self._surfaces(node, self.document.item("nodes", node))]
        self.paint = joined([surface.paint for surface in self.surfaces], [len(s.triangles) for s in self.surfaces])
        uv = [surface.uv for surface in self.surfaces]
        self.uv = np.concatenate(uv) if uv and all(each is not None for each in uv) else None

    def mesh(self, animation: Animation | None = None, seconds: float = 0.0) -> RawMesh:
        """All surfaces as one mesh, at a moment of an animation."""
        document, pose = self.document, animation.pose(seconds) if animation else {}
        vertices, triangles, before = [np.zeros((0, 3))], [np.zeros((0, 3), np.int64)], 0
        world = self._world(pose)
        for surface in self.surfaces:
            points = surface.points
            if len(surface.targets):
                node = document.item("nodes", surface.node)
                rest = node.get("weights", document.item("meshes", node.get("mesh")).get("weights", []))
                weights = np.zeros(len(surface.targets))
                own = pose.get(surface.node, {}).get("weights", document.floats(rest, f"node {surface.node}"))
                weights[: len(own)] = own[: len(weights)]
                points = points + np.tensordot(weights, surface.targets, 1)
            vertices.append(self._placed(surface, points, world))
            triangles.append(surface.triangles + before)
            before += len(points)
        # Y up becomes Z up: what comes towards the viewer is -Y.
        turned = np.concatenate(vertices)[:, [0, 2, 1]] * [1, -1, 1]
        losses = tuple(dict.fromkeys(self.losses))
        return RawMesh(turned, np.concatenate(triangles), self.paint, losses, self.uv, split=True)

    def _placed(self, surface: _Surface, points: np.ndarray, world: dict[int, np.ndarray]) -> np.ndarray:
        """Points as their node, or their joints, place them."""
        homogeneous = np.concatenate([points, np.ones((len(points), 1))], 1)
        skin = self.document.item("nodes", surface.node).get("skin")
        if skin is None or surface.joints is None:
            return (homogeneous @ (world[surface.node] @ surface.place).T)[:, :3]
        bones = self._bones(skin, world)
        if len(surface.joints) and surface.joints.max() >= len(bones):
            raise self.document.damaged(
                f"its skin {skin} has {len(bones)} joints, and node {surface.node} needs number {surface.joints.max()}"
            )
        total = surface.weights.sum(1, keepdims=True)
        weights = np.where(total > 0, surface.weights / np.where(total > 0, total, 1), 0)
        blend = np.einsum("vj,vjab->vab", weights, bones[surface.joints])
        # What no joint holds stays where its node is.
        blend = np.where(total[..., None] > 0, blend, world[surface.node])
        return np.einsum("vab,vb->va", blend, homogeneous)[:, :3]

    def _bones(self, index: Any, world: dict[int, np.ndarray]) -> np.ndarray:
        """What a skin's joints do to its mesh, [J, 4, 4]."""
        skin = self.document.item("skins", index)
        joints = self.document.list(skin, "joints")
        inverse = np.tile(np.eye(4), (len(joints), 1, 1))
        if "inverseBindMatrices" in skin:
            values = self.document.numbers(skin["inverseBindMatrices"]).astype(np.float64)
            if values.shape != (len(joints), 16):
                raise self.document.damaged(f"the matrices of its skin {index} are not one for each of {len(joints)} joints")
            # Column by column.
            inverse = values.reshape(-1, 4, 4).swapaxes(1, 2)
        for joint in joints:
            if not isinstance(joint, int) or joint not in world:
                raise self.document.damaged(f"the joint {joint!r} is not in the scene")
        return np.stack([world[joint] for joint in joints]) @ inverse if joints else inverse

    def _tree(self) -> dict[int, int | None]:
        """The scene's nodes with their parents, parents first."""
        document = self.document
        nodes = document.list(document.json, "nodes")
        parents: dict[int, int | None] = {}
        scenes = document.list(document.json, "scenes")
        roots = list(range(len(nodes)))
        if scenes:
            roots = document.list(document.item("scenes", document.json.get("scene", 0)), "nodes")
        else:
            children = [child for node in nodes if isinstance(node, dict) for child in document.list(node, "children")]
            inner = {child for child in children if isinstance(child, int)}
            roots = [node for node in roots if node not in inner]
        waiting: list[tuple[Any, int | None, int]] = [(root, None, 0) for root in reversed(roots)]
        while waiting:
            node, parent, depth = waiting.pop()
            item = document.item("nodes", node)
            if node in parents or depth > DEEPEST:
                raise document.damaged(f"its nodes go round in a circle, or too deep, at node {node}")
            parents[node] = parent
            waiting += [(child, node, depth + 1) for child in reversed(document.list(item, "children"))]
        return parents

    def _world(self, pose: Pose) -> dict[int, np.ndarray]:
        """Every node's matrix, its own space to the scene's."""
        world: dict[int, np.ndarray] = {}
        for node, parent in self._parents.items():
            own = self._own(node, pose.get(node, {}))
            world[node] = own if parent is None else world[parent] @ own
        return world

    def _own(self, index: int, pose: dict[str, np.ndarray]) -> np.ndarray:
        node, where = self.document.item("nodes", index), f"node {index}"
        moved = {"translation", "rotation", "scale"} & set(pose)
        if "matrix" in node and not moved:
            return self.document.fixed(node["matrix"], 16, where).reshape(4, 4).T
        translation = pose.get("translation", self.document.fixed(node.get("translation", [0, 0, 0]), 3, where))
        rotation = pose.get("rotation", self.document.fixed(node.get("rotation", [0, 0, 0, 1]), 4, where))
        return _matrix(translation, rotation, pose.get("scale", self.document.fixed(node.get("scale", [1, 1, 1]), 3, where)))

    def _places(self, node: dict[str, Any]) -> np.ndarray:
        """Where a node shows its mesh, in its own space: once, or as often as it has instances, [I, 4, 4]."""
        document = self.document
        extension = document.object(document.object(node, "extensions"), "EXT_mesh_gpu_instancing")
        attributes = document.object(extension, "attributes")
        given = {name: attributes[name] for name in ("TRANSLATION", "ROTATION", "SCALE") if name in attributes}
        if not given:
            return np.eye(4)[None]
        first = document.attribute(next(iter(given.values())), None, (3, 4))
        if len(first) > MAX_INSTANCES:
            raise document.damaged(f"a node has {len(first)} instances, where {MAX_INSTANCES} are the most")
        default = {"TRANSLATION": [0, 0, 0], "ROTATION": [0, 0, 0, 1], "SCALE": [1, 1, 1]}
        rows = [
            document.attribute(given[name], len(first), (len(value),)) if name in given else np.tile(value, (len(first), 1))
            for name, value in default.items()
        ]
        return np.array([_matrix(*row) for row in zip(*rows, strict=True)]).reshape(-1, 4, 4)

    def _surfaces(self, index: int, node: dict[str, Any]) -> list[_Surface]:
        if "mesh" not in node:
            return []
        document = self.document
        places = np.eye(4)[None] if "skin" in node else self._places(node)
        found = []
        for primitive in document.list(document.item("meshes", node["mesh"]), "primitives"):
            if not isinstance(primitive, dict):
                raise document.damaged(f"a primitive of its mesh {node['mesh']} is no object")
            attributes = document.object(primitive, "attributes")
            mode = primitive.get("mode", TRIANGLES)
            if mode not in (TRIANGLES, STRIP, FAN) or "POSITION" not in attributes:
                continue
            if DRACO in document.object(primitive, "extensions"):
                self._check_uncompressed(attributes["POSITION"])
            points = document.attribute(attributes["POSITION"], None, (3,))
            if len(points) * len(places) > MAX_VALUES:
                raise document.damaged(f"node {index} shows {len(places)} instances of {len(points)} vertices")
            triangles = self._triangles(primitive, mode, len(points))
            targets = [
                document.attribute(target["POSITION"], len(points), (3,)) if "POSITION" in target else np.zeros_like(points)
                for target in document.list(primitive, "targets")
                if isinstance(target, dict)
            ]
            joints, weights = self._influences(attributes, len(points)) if "skin" in node else (None, None)
            paint = read_paint(document, primitive, triangles, len(points), self.losses)
            offsets = np.array(targets).reshape(-1, len(points), 3)
            uv = read_uv(document, primitive, triangles, len(points))
            for place in places:
                if "skin" not in node and np.linalg.det((self._rest[index] @ place)[:3, :3]) < 0:
                    # A mirrored mesh is seen from its other side.
                    mirrored = None if paint is None else paint.mirrored(), None if uv is None else uv[:, ::-1]
                    found.append(_Surface(index, place, points, triangles[:, ::-1], offsets, joints, weights, *mirrored))
                else:
                    found.append(_Surface(index, place, points, triangles, offsets, joints, weights, paint, uv))
        return found

    def _check_uncompressed(self, index: Any) -> None:
        """Raises MeshError where an accessor has its values in compressed form alone."""
        if not {"bufferView", "sparse"} & set(self.document.item("accessors", index)):
            raise self.document.compressed(DRACO)

    def _triangles(self, primitive: dict[str, Any], mode: int, count: int) -> np.ndarray:
        order = np.arange(count)
        if "indices" in primitive:
            values = self.document.numbers(primitive["indices"])
            if values.shape[1] != 1 or values.dtype.kind not in "iu":
                raise self.document.damaged(f"its accessor {primitive['indices']} is of indices, and holds no whole numbers")
            order = values[:, 0].astype(np.int64)
        if mode == TRIANGLES:
            return order[: len(order) // 3 * 3].reshape(-1, 3)
        places = np.arange(max(len(order) - 2, 0))
        if mode == FAN:
            return np.stack([order[places + 1], order[places + 2], np.broadcast_to(order[:1], places.shape)], 1)
        odd = places % 2
        return np.stack([order[places], order[places + 1 + odd], order[places + 2 - odd]], 1)

    def _influences(self, attributes: dict[str, Any], count: int) -> tuple[np.ndarray | None, np.ndarray | None]:
        """All joints and weights of the vertices, [V, 4 or more]."""
        document, joints, weights = self.document, [], []
        while f"JOINTS_{len(joints)}" in attributes and f"WEIGHTS_{len(joints)}" in attributes:
            set_ = len(joints)
            joints.append(document.attribute(attributes[f"JOINTS_{set_}"], count, (4,)).astype(np.int64).clip(0))
            weights.append(np.nan_to_num(document.attribute(attributes[f"WEIGHTS_{set_}"], count, (4,))).clip(0))
        return (np.concatenate(joints, 1), np.concatenate(weights, 1)) if joints else (None, None)


def _matrix(translation: np.ndarray, rotation: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Scales, then turns by a quaternion xyzw of any length, then moves, [4, 4]."""
    matrix, length = np.eye(4), np.linalg.norm(rotation)
    if length > 0 and np.isfinite(length):
        matrix[:3, :3] = Rotation.from_quat(rotation / length).as_matrix()
    matrix[:3, :3] *= scale
    matrix[:3, 3] = translation
    return matrix
