"""Meshes that nobody trained on, built of boxes, spheres and sheets: vertices [V, 3] and polygons, facing -Y, Z up."""

from __future__ import annotations

import numpy as np

Polygons = list[tuple[int, ...]]
Shape = tuple[np.ndarray, Polygons]


def box(low, high) -> Shape:
    """Six quads, seen from outside."""
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
    vertices = np.array(low) + corners * (np.array(high) - np.array(low))
    return vertices, [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]


def ellipsoid(centre, radii, rings: int = 8, sides: int = 12) -> Shape:
    """Quads, with triangles at the poles along Z."""
    down = np.pi * np.arange(1, rings) / rings
    round_ = 2 * np.pi * np.arange(sides) / sides
    around = np.outer(np.sin(down), np.cos(round_)), np.outer(np.sin(down), np.sin(round_))
    rows = np.stack([*around, np.outer(np.cos(down), np.ones(sides))], -1)
    vertices = np.concatenate([[[0, 0, 1]], rows.reshape(-1, 3), [[0, 0, -1]]]) * radii + centre
    last, at = len(vertices) - 1, lambda ring, side: 1 + ring * sides + side % sides
    faces: Polygons = [(0, at(0, s), at(0, s + 1)) for s in range(sides)]
    faces += [(at(r, s), at(r + 1, s), at(r + 1, s + 1), at(r, s + 1)) for r in range(rings - 2) for s in range(sides)]
    faces += [(last, at(rings - 2, s + 1), at(rings - 2, s)) for s in range(sides)]
    return vertices, faces


def joined(*shapes: Shape) -> Shape:
    """Several shells as one mesh."""
    vertices, faces, before = [], [], 0
    for own, polygons in shapes:
        vertices.append(own)
        faces += [tuple(corner + before for corner in polygon) for polygon in polygons]
        before += len(own)
    return np.concatenate(vertices), faces


def subdivided(shape: Shape, times: int = 1) -> Shape:
    """Each polygon cut into quads about its middle; the shape stays."""
    vertices, faces = shape
    for _ in range(times):
        edges: dict[tuple[int, int], int] = {}
        points, cut = list(vertices), []
        for polygon in faces:
            middle = len(points)
            points.append(np.mean([vertices[corner] for corner in polygon], 0))
            halves = []
            for one, other in zip(polygon, polygon[1:] + polygon[:1], strict=True):
                key = (min(one, other), max(one, other))
                if key not in edges:
                    edges[key] = len(points)
                    points.append((vertices[one] + vertices[other]) / 2)
                halves.append(edges[key])
            cut += [(corner, halves[i], middle, halves[i - 1]) for i, corner in enumerate(polygon)]
        vertices, faces = np.array(points), cut
    return vertices, faces


def extruded(sections: list[np.ndarray], closed: bool = True) -> Shape:
    """A tube of quads through rings of points [sides, 3], with its ends closed or open."""
    sides = len(sections[0])
    at = lambda ring, side: ring * sides + side % sides  # noqa: E731
    faces: Polygons = [
        (at(r, s), at(r, s + 1), at(r + 1, s + 1), at(r + 1, s)) for r in range(len(sections) - 1) for s in range(sides)
    ]
    if closed:
        faces += [tuple(range(sides))[::-1], tuple(at(len(sections) - 1, s) for s in range(sides))]
    return np.concatenate(sections), faces


def box_dog() -> Shape:
    """One of boxes: body, neck, head, snout, ears, four legs, tail; each a shell of its own, 80 vertices and more."""
    legs = [box((x - 0.05, y - 0.05, 0), (x + 0.05, y + 0.05, 0.4)) for x in (-0.12, 0.12) for y in (-0.3, 0.32)]
    ears = [box((x - 0.03, -0.5, 0.86), (x + 0.03, -0.42, 0.98)) for x in (-0.08, 0.08)]
    return joined(
        box((-0.17, -0.38, 0.36), (0.17, 0.4, 0.66)), box((-0.08, -0.46, 0.55), (0.08, -0.3, 0.75)),
        box((-0.12, -0.6, 0.66), (0.12, -0.36, 0.88)), box((-0.06, -0.76, 0.68), (0.06, -0.58, 0.78)),
        *ears, *legs, box((-0.03, 0.38, 0.58), (0.03, 0.66, 0.64)),
    )  # fmt: skip


def figure(times: int = 0) -> Shape:
    """One surface of quads: a person with arms hanging a little away, of cubes grown out of cubes."""
    unit = 0.1
    cubes = {(x, 0, z) for x in (-1, 0, 1) for z in range(8, 14)}  # trunk
    cubes |= {(0, 0, 14)} | {(x, y, z) for x in (-1, 0, 1) for y in (-1, 0) for z in (15, 16, 17)}
    cubes |= {(side, 0, z) for side in (-3, 3) for z in range(6, 14)} | {(side, 0, 13) for side in (-2, 2)}
    cubes |= {(side, 0, z) for side in (-1, 1) for z in range(8)} | {(side, -1, 0) for side in (-1, 1)}
    return subdivided(_of_cubes(cubes, unit), times)


def bird() -> Shape:
    """Shells that lie in one another: body, head, beak, tail, and flat wings of one layer of quads."""
    def wing(side: float) -> Shape:
        spans = [np.array([[side * x, y, 0.05 + 0.02 * k] for y in np.linspace(-0.12, 0.14, 5)])
                 for k, x in enumerate(np.linspace(0.08, 0.62, 9))]  # fmt: skip
        vertices, faces = extruded(spans, closed=False)
        # An open strip: without the quads that close each ring.
        return vertices, [face for number, face in enumerate(faces) if number % 5 != 4]

    return joined(
        ellipsoid((0, 0, 0), (0.14, 0.3, 0.14)), ellipsoid((0, -0.32, 0.12), (0.1, 0.12, 0.1)),
        ellipsoid((0, -0.46, 0.11), (0.03, 0.08, 0.03), 4, 6), box((-0.1, 0.26, -0.02), (0.1, 0.52, 0.02)),
        wing(1.0), wing(-1.0),
    )  # fmt: skip


def open_fish(rings: int = 24, sides: int = 16) -> Shape:
    """A tube without ends: a hole for the mouth, another at the tail, which is a sheet."""
    along = np.linspace(-0.5, 0.4, rings)
    turn = 2 * np.pi * np.arange(sides) / sides
    bulge = np.sin(np.pi * (along + 0.56) / 1.06) ** 0.8
    rows = zip(along, bulge, strict=True)
    sections = [np.stack([0.11 * b * np.cos(turn), np.full(sides, y), 0.19 * b * np.sin(turn)], 1) for y, b in rows]
    body = extruded(sections, closed=False)
    tail = np.array([[0, 0.36, 0.0], [0, 0.62, 0.2], [0, 0.56, 0.0], [0, 0.62, -0.2]])
    back = np.array([[0, -0.15, 0.17], [0, 0.12, 0.15], [0, 0.1, 0.3]])
    return joined(body, subdivided((tail, [(0, 1, 2), (0, 2, 3)]), 2), subdivided((back, [(0, 1, 2)]), 2))


def sculpted_horse(rings: int = 96, sides: int = 120) -> Shape:
    """Many vertices: ellipsoids for trunk, neck, head, legs, ears and tail, about 100,000 in all."""
    parts = [((0, 0.02, 0.72), (0.16, 0.42, 0.19)), ((0, -0.42, 0.98), (0.075, 0.13, 0.24))]
    parts += [((0, -0.58, 1.16), (0.07, 0.19, 0.09)), ((0, 0.46, 0.66), (0.04, 0.05, 0.22))]
    parts += [((x, y, 0.3), (0.055, 0.06, 0.32)) for x in (-0.1, 0.1) for y in (-0.28, 0.32)]
    parts += [((x, -0.48, 1.28), (0.02, 0.03, 0.06)) for x in (-0.05, 0.05)]
    return joined(*(ellipsoid(centre, radii, rings, sides) for centre, radii in parts))


def _of_cubes(cubes: set[tuple[int, int, int]], unit: float) -> Shape:
    """The surface of cells of a lattice, in quads that share their corners."""
    numbers: dict[tuple[int, int, int], int] = {}
    faces: Polygons = []
    for cell in sorted(cubes):
        corners, polygons = box(cell, np.array(cell) + 1)
        for polygon in polygons:
            points = corners[list(polygon)].round().astype(int)
            axis = int(np.flatnonzero(np.ptp(points, axis=0) == 0)[0])
            step = [0, 0, 0]
            step[axis] = 1 if points[0, axis] > cell[axis] else -1
            if tuple(np.add(cell, step)) not in cubes:
                faces.append(tuple(numbers.setdefault(tuple(point), len(numbers)) for point in points.tolist()))
    return np.array(list(numbers), float) * unit, faces


def write_obj(path, shape: Shape) -> None:
    """As other programs write it, with Z up."""
    vertices, faces = shape
    lines = [f"v {x:.9g} {y:.9g} {z:.9g}" for x, y, z in vertices]
    lines += ["f " + " ".join(str(corner + 1) for corner in face) for face in faces]
    path.write_text("\n".join(lines) + "\n", "utf-8")
