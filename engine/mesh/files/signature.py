"""What a file is by its first bytes, where that is not what its name says."""

from __future__ import annotations

import re

# By what files begin with: what they are, and the way out.
SIGNATURES = (
    (rb"\x1f\x8b", "a gzip archive", "unpack it first"),
    (rb"PK\x03\x04", "a zip archive", "unpack it first"),
    (rb"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it first"),
    (rb"\xfd7zXZ\0", "an xz archive", "unpack it first"),
    (rb"BZh\d1AY", "a bzip2 archive", "unpack it first"),
    (rb"\x28\xb5\x2f\xfd", "an archive of Zstandard", "unpack it first"),
    (rb"version https://git-lfs", "a pointer of Git LFS and not the file itself", "run git lfs pull where it came from"),
    (rb"\s*<(!doctype )?html", "a web page", "download the file itself"),
    (rb"\s*<\?xml", "XML", "export it as Wavefront OBJ, PLY or glTF"),
    (rb"BLENDER", "a file of Blender", "open it there and export it as Wavefront OBJ, PLY or glTF"),
    (rb"Kaydara FBX", "a file of FBX", "open it in Blender and export it as Wavefront OBJ, PLY or glTF"),
    (rb"\x89PNG|\xff\xd8\xff", "a picture", "give the mesh"),
    (rb"%PDF", "a PDF document", "give the mesh"),
    (rb"glTF", "binary glTF", "let its name end in .glb"),
    (rb"ply\s", "a PLY", "let its name end in .ply"),
)
OWN = {"glTF": rb"glTF", "PLY": rb"ply\s", "mesh frame": rb"PK\x03\x04"}


def mistaken(head: bytes, kind: str) -> str | None:
    """What the file is and what to do about it, as the rest of a sentence; None where it may be of its kind. head: its first
    bytes; kind: what its name says, one of the values of `frame_list.KINDS`."""
    if kind in OWN and re.match(OWN[kind], head):
        return None
    for pattern, what, way in SIGNATURES:
        if re.match(pattern, head, re.IGNORECASE):
            return f"is {what}, whatever its name says: {way}."
    if head and not head.strip(b"\0"):
        return "holds zeros alone, as a file does whose writing was cut off: export it anew."
    return None
