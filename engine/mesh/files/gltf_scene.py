"""The surfaces of a glTF scene at any moment: nodes, skins, morph targets, materials."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from engine.mesh.files.frame import MeshError, RawMesh
from engine.mesh.files.gltf import Document
from engine.mesh.files.gltf_animation import Animation, Pose
from engine.mesh.files.paint import Paint, coordinates, joined, srgb
from engine.mesh.files.pictures import Pictures

# How the corners of triangles follow one another: primitive modes with a surface.
TRIANGLES, STRIP, FAN = 4, 5, 6
# What a JSON file may nest without being damaged.
DEEPEST = 256


@dataclass(frozen=True)
class _Surface:
    """A primitive as its node shows it. points [V, 3]; targets [K, V, 3], offsets of morph targets; joints, weights [V, J];
    uv: of the triangles' corners, [T, 3, 2], or None."""

    node: int
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
                given = pose.get(surface.node, {}).get("weights", self._floats(rest))[: len(weights)]
                weights[: len(given)] = given
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
            return (homogeneous @ world[surface.node].T)[:, :3]
        bones = self._bones(skin, world)
        if len(surface.joints) and surface.joints.max() >= len(bones):
            raise self.document.damaged("a skin lacks joints that its mesh names")
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
                raise self.document.damaged("a skin's matrices are not one a joint")
            # Column by column.
            inverse = values.reshape(-1, 4, 4).swapaxes(1, 2)
        for joint in joints:
            if joint not in world:
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
                raise document.damaged("its nodes go round in a circle")
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
        node = self.document.item("nodes", index)
        moved = {"translation", "rotation", "scale"} & set(pose)
        if "matrix" in node and not moved:
            return self._fixed(node["matrix"], 16).reshape(4, 4).T
        matrix = np.eye(4)
        turn = pose.get("rotation", self._fixed(node.get("rotation", [0, 0, 0, 1]), 4))
        length = np.linalg.norm(turn)
        if length > 0 and np.isfinite(length):
            matrix[:3, :3] = Rotation.from_quat(turn / length).as_matrix()
        matrix[:3, :3] *= pose.get("scale", self._fixed(node.get("scale", [1, 1, 1]), 3))
        matrix[:3, 3] = pose.get("translation", self._fixed(node.get("translation", [0, 0, 0]), 3))
        return matrix

    def _fixed(self, values: Any, count: int) -> np.ndarray:
        numbers = self._floats(values)
        if len(numbers) != count:
            raise self.document.damaged(f"{count} numbers are wanted where there are {len(numbers)}")
        return numbers

    def _floats(self, values: Any) -> np.ndarray:
        if not isinstance(values, list) or not all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
            raise self.document.damaged("a list holds something else than numbers")
        try:
            return np.array(values, np.float64)
        except OverflowError as error:
            raise self.document.damaged(error) from error

    def _surfaces(self, index: int, node: dict[str, Any]) -> list[_Surface]:
        if "mesh" not in node:
            return []
        document = self.document
        found = []
        for primitive in document.list(document.item("meshes", node["mesh"]), "primitives"):
            if not isinstance(primitive, dict):
                raise document.damaged("a primitive is no object")
            attributes = document.object(primitive, "attributes")
            mode = primitive.get("mode", TRIANGLES)
            if mode not in (TRIANGLES, STRIP, FAN) or "POSITION" not in attributes:
                continue
            points = self._attribute(attributes["POSITION"], None, (3,))
            triangles = self._triangles(primitive, mode, len(points))
            if "skin" not in node and np.linalg.det(self._rest[index][:3, :3]) < 0:
                # A mirrored mesh is seen from its other side.
                triangles = triangles[:, ::-1]
            targets = [
                self._attribute(target["POSITION"], len(points), (3,)) if "POSITION" in target else np.zeros_like(points)
                for target in document.list(primitive, "targets")
                if isinstance(target, dict)
            ]
            joints, weights = self._influences(attributes, len(points)) if "skin" in node else (None, None)
            paint = self._paint(primitive, attributes, triangles, len(points))
            offsets = np.array(targets).reshape(-1, len(points), 3)
            uv = self._uv(primitive, attributes, triangles, len(points))
            found.append(_Surface(index, points, triangles, offsets, joints, weights, paint, uv))
        return found

    def _attribute(self, index: Any, count: int | None, widths: tuple[int, ...]) -> np.ndarray:
        values = self.document.numbers(index).astype(np.float64)
        if values.shape[1] not in widths or count is not None and len(values) != count:
            raise self.document.damaged(f"accessor {index} has the shape {values.shape}")
        return values

    def _triangles(self, primitive: dict[str, Any], mode: int, count: int) -> np.ndarray:
        order = np.arange(count)
        if "indices" in primitive:
            values = self.document.numbers(primitive["indices"])
            if values.shape[1] != 1 or values.dtype.kind not in "iu":
                raise self.document.damaged("indices are no whole numbers")
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
        joints, weights = [], []
        while f"JOINTS_{len(joints)}" in attributes and f"WEIGHTS_{len(joints)}" in attributes:
            set_ = len(joints)
            joints.append(self._attribute(attributes[f"JOINTS_{set_}"], count, (4,)).astype(np.int64).clip(0))
            weights.append(np.nan_to_num(self._attribute(attributes[f"WEIGHTS_{set_}"], count, (4,))).clip(0))
        return (np.concatenate(joints, 1), np.concatenate(weights, 1)) if joints else (None, None)

    def _paint(self, primitive: dict[str, Any], attributes: dict[str, Any], triangles: np.ndarray, count: int) -> Paint | None:
        """Vertex colours and the factor, which are linear, times the picture, which is sRGB."""
        document, tint = self.document, None
        if "COLOR_0" in attributes:
            colours = self._attribute(attributes["COLOR_0"], count, (3, 4))[:, :3]
            if document.item("accessors", attributes["COLOR_0"]).get("normalized") is not True and (colours > 1).any():
                # Whole numbers that were not marked as shares.
                colours = colours / (255 if colours.max() <= 255 else 65535)
            tint = np.nan_to_num(colours)
        material = document.item("materials", primitive["material"]) if "material" in primitive else {}
        look = document.object(material, "pbrMetallicRoughness")
        glossy = document.object(document.object(material, "extensions"), "KHR_materials_pbrSpecularGlossiness")
        factor = look.get("baseColorFactor", glossy.get("diffuseFactor"))
        if factor is not None:
            tint = (1.0 if tint is None else tint) * np.nan_to_num(self._fixed(factor, 4)[:3])
        texture = look.get("baseColorTexture", glossy.get("diffuseTexture"))
        if tint is None and texture is None:
            # A material that says nothing is white; no material is no colour.
            tint = np.ones(3) if look else None
        inside = len(triangles) == 0 or 0 <= triangles.min() and triangles.max() < count
        if (tint is None and texture is None) or not inside:
            return None
        corners = np.broadcast_to(np.ones(3) if tint is None else srgb(tint), (count, 3))[triangles]
        paint = Paint.of_corners(corners)
        if not isinstance(texture, dict):
            return paint
        try:
            pixels = self._pixels(texture)
        except ValueError as error:
            self.losses.append(f"{error}, its material's plain colour is used")
            return paint if tint is not None else None
        uv = self._coordinates(texture, attributes, count)
        if uv is None:
            return paint if tint is not None else None
        return Paint(corners, uv[triangles], np.zeros(len(triangles), np.int64), [pixels])

    def _uv(
        self, primitive: dict[str, Any], attributes: dict[str, Any], triangles: np.ndarray, count: int
    ) -> np.ndarray | None:
        """Texture coordinates of the triangles' corners, of the picture that they show or else the first there are."""
        material = self.document.item("materials", primitive["material"]) if "material" in primitive else {}
        texture = self.document.object(material, "pbrMetallicRoughness").get("baseColorTexture")
        uv = self._coordinates(texture if isinstance(texture, dict) else {}, attributes, count)
        inside = len(triangles) == 0 or 0 <= triangles.min() and triangles.max() < count
        return None if uv is None or not inside else uv[triangles]

    def _pixels(self, texture: dict[str, Any]) -> np.ndarray:
        """Raises ValueError with a clause where the picture can't be had."""
        item = self.document.item("textures", texture.get("index"))
        extensions = self.document.object(item, "extensions")
        webp = self.document.object(extensions, "EXT_texture_webp")
        source = webp.get("source", item.get("source"))
        if source is None:
            raise ValueError("a picture in a format that can't be read here (KTX2) is left out")
        return self.document.picture(source)

    def _coordinates(self, texture: dict[str, Any], attributes: dict[str, Any], count: int) -> np.ndarray | None:
        """Texture coordinates of the vertices, [V, 2], origin bottom left; None where the mesh has none."""
        moved = self.document.object(self.document.object(texture, "extensions"), "KHR_texture_transform")
        key = f"TEXCOORD_{moved.get('texCoord', texture.get('texCoord', 0))}"
        if key not in attributes:
            return None
        uv = self._attribute(attributes[key], count, (2,))
        if moved:
            angle = float(self._floats([moved.get("rotation", 0)])[0])
            turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
            uv = (uv * self._fixed(moved.get("scale", [1, 1]), 2)) @ turn.T + self._fixed(moved.get("offset", [0, 0]), 2)
        return coordinates(uv * [1, -1] + [0, 1])


def read_gltf(path: Path, name: str, pictures: Pictures) -> RawMesh:
    """A file's scene as it stands. Raises MeshError."""
    return GltfScene(path, name, pictures).mesh()


def no_animation(name: str) -> MeshError:
    """The error that says so."""
    return MeshError(f"{name} is one mesh without an animation: give at least two frames, or a file that moves.")
