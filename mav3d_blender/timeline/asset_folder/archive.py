"""The .npz files of an asset folder, read without pickle and never before their sizes are known."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

MAX_FILE = 2**30

Shapes = dict[str, tuple[int, ...]]


class AssetError(Exception):
    """What is wrong with an asset folder, in one sentence."""


def read_shapes(path: Path, dtypes: dict[str, type]) -> Shapes:
    """The arrays' shapes from their headers alone, so that nothing is unpacked before its size is known. dtypes: by name; str
    means text of any length. Raises AssetError where one is missing or of another kind."""
    if not path.is_file():
        raise AssetError(f"{path} is missing: generate the asset again.")
    if path.stat().st_size > MAX_FILE:
        raise AssetError(f"{path} is larger than {MAX_FILE // 2**20} MB, which no mesh should be.")
    shapes = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for name, wanted in dtypes.items():
                with archive.open(f"{name}.npy") as file:
                    version = np.lib.format.read_magic(file)
                    if version == (1, 0):
                        shapes[name], _, dtype = np.lib.format.read_array_header_1_0(file)
                    else:
                        shapes[name], _, dtype = np.lib.format.read_array_header_2_0(file)
                if dtype.kind != "U" if wanted is str else dtype != wanted:
                    raise AssetError(f"{path} has {name} of the wrong kind, {dtype} {shapes[name]}.")
    except AssetError:
        raise
    except Exception as error:
        raise AssetError(f"{path} can't be read ({error}): generate the asset again.") from error
    return shapes


def has_array(path: Path, name: str) -> bool:
    """Whether an archive, which `read_shapes` has read, holds an array of this name."""
    with zipfile.ZipFile(path) as archive:
        return f"{name}.npy" in archive.namelist()


def read_arrays(path: Path, names: list[str]) -> list[np.ndarray]:
    """The arrays by their names. Raises AssetError where they can't be unpacked or hold numbers that are not finite."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = [np.ascontiguousarray(file[name]) for name in names]
    except Exception as error:
        raise AssetError(f"{path} can't be read ({error}): generate the asset again.") from error
    if not all(np.isfinite(array).all() for array in arrays if array.dtype.kind == "f"):
        raise AssetError(f"{path} holds numbers that are not finite.")
    return arrays
