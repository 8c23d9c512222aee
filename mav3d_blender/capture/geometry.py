"""The surface of objects as it is now, after modifiers, armatures, caches, simulations and nodes, in world coordinates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import bpy
import numpy as np

# Of a material slot: its number, -1 for none.
NumberOf = Callable[[bpy.types.Material | None], int]


@dataclass(frozen=True)
class Geometry:
    """vertices float64 [V, 3]; corners int32 [C] and counts int32 [P] of the polygons; uv float32 [C, 2], zero where an object
    has none, None where none has any; colours float32 [C, 3], sRGB, None where some have none; material int32 [P], -1 for
    none."""

    vertices: np.ndarray
    corners: np.ndarray
    counts: np.ndarray
    uv: np.ndarray | None
    colours: np.ndarray | None
    material: np.ndarray

    def same_faces(self, other: Geometry) -> bool:
        """Whether all but where the vertices are is the same."""
        if len(self.vertices) != len(other.vertices):
            return False
        for name in ("corners", "counts", "uv", "colours", "material"):
            one, two = getattr(self, name), getattr(other, name)
            if (one is None) != (two is None) or one is not None and not np.array_equal(one, two):
                return False
        return True


def with_children(objects: list[bpy.types.Object]) -> list[bpy.types.Object]:
    """Objects and what hangs on them, as meshes do on an armature, or an imported file's on an empty."""
    return list(dict.fromkeys(each for host in objects for each in (host, *host.children_recursive)))


def evaluated(objects: list[bpy.types.Object], depsgraph: bpy.types.Depsgraph, number_of: NumberOf) -> Geometry:
    """All surfaces of `objects`, with the instances that they make, as one; in an order that hangs on the scene alone."""
    chosen = {host.session_uid for host in objects}
    parts = [_part(item, depsgraph, number_of) for item in _shown(chosen, depsgraph)]
    parts = [part for part in parts if part is not None]
    if not parts:
        empty = np.zeros(0, np.int32)
        return Geometry(np.zeros((0, 3)), empty, empty, None, None, empty)
    before = np.cumsum([0, *(len(part.vertices) for part in parts[:-1])])
    corners = [part.corners + np.int32(count) for part, count in zip(parts, before, strict=True)]
    uv = colours = None
    if any(part.uv is not None for part in parts):
        uv = [np.zeros((len(part.corners), 2), np.float32) if part.uv is None else part.uv for part in parts]
    if all(part.colours is not None for part in parts):
        colours = [part.colours for part in parts]
    return Geometry(
        np.concatenate([part.vertices for part in parts]), np.concatenate(corners),
        np.concatenate([part.counts for part in parts]), None if uv is None else np.concatenate(uv),
        None if colours is None else np.concatenate(colours), np.concatenate([part.material for part in parts]),
    )  # fmt: skip


def of_own_mesh(host: bpy.types.Object, number_of: NumberOf) -> Geometry:
    """The mesh of `host` itself, without modifiers and shape keys, along the world's axes about the object's origin."""
    world = np.array(host.matrix_world, np.float64)
    world[:3, 3] = 0
    return _of_mesh(host.data, world, _slots(host, host.data, number_of))


def _shown(chosen: set[int], depsgraph: bpy.types.Depsgraph) -> Iterator[bpy.types.DepsgraphObjectInstance]:
    """What the view layer shows of the chosen objects: meshes, and instances of meshes, among which are the surfaces of
    curves, texts and metaballs."""
    for item in depsgraph.object_instances:
        owner = item.parent if item.is_instance else item.object
        if item.show_self and item.object.type == "MESH" and owner is not None and owner.original.session_uid in chosen:
            yield item


def _part(
    item: bpy.types.DepsgraphObjectInstance, depsgraph: bpy.types.Depsgraph, number_of: NumberOf
) -> Geometry | None:
    """None where it has no faces."""
    host = item.object
    mesh = host.to_mesh() if item.is_instance else host.to_mesh(preserve_all_data_layers=True, depsgraph=depsgraph)
    try:
        if mesh is None or len(mesh.polygons) == 0:
            return None
        return _of_mesh(mesh, np.array(item.matrix_world, np.float64), _slots(host, mesh, number_of))
    finally:
        host.to_mesh_clear()


def _of_mesh(mesh: bpy.types.Mesh, world: np.ndarray, slots: np.ndarray) -> Geometry:
    vertices = _values(mesh.attributes["position"].data, "vector", len(mesh.vertices), 3).astype(np.float64)
    corners = np.empty(len(mesh.loops), np.int32)
    mesh.loops.foreach_get("vertex_index", corners)
    counts = np.empty(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get("loop_total", counts)
    index = np.empty(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get("material_index", index)
    uv = None
    layer = next((each for each in mesh.uv_layers if each.active_render), None)
    if layer is not None:
        uv = _values(layer.uv, "vector", len(corners), 2)
    colours = _colours(mesh, corners)
    if np.linalg.det(world[:3, :3]) < 0:
        # A mirrored mesh is seen from its other side.
        order = _reversed(counts)
        corners, uv, colours = corners[order], None if uv is None else uv[order], None if colours is None else colours[order]
    placed = vertices @ world[:3, :3].T + world[:3, 3]
    return Geometry(placed, corners, counts, uv, colours, slots[np.clip(index, 0, len(slots) - 1)])


def _colours(mesh: bpy.types.Mesh, corners: np.ndarray) -> np.ndarray | None:
    """Of the corners, by the attribute that is rendered."""
    number = mesh.color_attributes.render_color_index
    if not 0 <= number < len(mesh.color_attributes):
        return None
    attribute = mesh.color_attributes[number]
    count = len(attribute.data)
    colours = _values(attribute.data, "color_srgb", count, 4)[:, :3].clip(0, 1)
    if attribute.domain == "POINT":
        return colours[corners]
    return colours if count == len(corners) else None


def _slots(host: bpy.types.Object, mesh: bpy.types.Mesh, number_of: NumberOf) -> np.ndarray:
    """The number of each slot's material, one at least; those of the object go before those of the mesh."""
    numbers = [number_of(material) for material in mesh.materials]
    for place, slot in enumerate(host.material_slots):
        if slot.link == "OBJECT" and place < len(numbers):
            numbers[place] = number_of(slot.material)
    return np.array(numbers or [-1], np.int32)


def _reversed(counts: np.ndarray) -> np.ndarray:
    """The places of corners with every polygon's the other way round, its first staying the first."""
    ends = np.cumsum(counts)
    starts = ends - counts
    place = np.arange(counts.sum()) - np.repeat(starts, counts)
    size = np.repeat(counts, counts)
    return np.repeat(starts, counts) + (size - place) % np.maximum(size, 1)


def _values(data: bpy.types.bpy_prop_collection, name: str, count: int, width: int) -> np.ndarray:
    values = np.empty(count * width, np.float32)
    data.foreach_get(name, values)
    return values.reshape(count, width)
