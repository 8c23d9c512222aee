"""The pictures that mesh files name or hold, each read once a sequence."""

from __future__ import annotations

import hashlib
import io
import warnings
from pathlib import Path, PurePosixPath, PureWindowsPath
from urllib.parse import unquote

import numpy as np
from PIL import Image, UnidentifiedImageError

MAX_FILE, MAX_SIDE = 2**29, 8192
KTX2 = b"\xabKTX 20\xbb\r\n\x1a\n"
# Ends a clause on a picture that no library here decodes.
AS_PNG = "in Blender's glTF export set Images to Automatic for PNG and JPEG"


class Pictures:
    """Reads textures and keeps them, since the frames of a sequence mostly share theirs."""

    def __init__(self) -> None:
        self._known: dict[str, np.ndarray] = {}

    def beside(self, name: str, folder: Path) -> np.ndarray:
        """The picture `name` as a mesh file in `folder` has it, sRGB uint8 [height, width, 3].

        Raises ValueError with a clause that says what is wrong: it is missing, or can't be read.
        """
        path = find_beside(name, folder)
        if path is None:
            raise ValueError(f"the picture {name} is missing")
        if path.stat().st_size > MAX_FILE:
            raise ValueError(f"the picture {name} has more than {MAX_FILE // 2**20} MB")
        return self.decoded(path.read_bytes(), name)

    def decoded(self, content: bytes, name: str) -> np.ndarray:
        """A picture's file. Raises ValueError as `beside` does."""
        key = hashlib.sha256(content).hexdigest()
        if key not in self._known:
            self._known[key] = _decode(content, name)
        return self._known[key]


def find_beside(name: str, folder: Path) -> Path | None:
    """The file that a mesh file in `folder` means by `name`: where it says, or of that name beside it, as where a sequence came
    from another machine. Upper and lower case may differ."""
    for spelled in dict.fromkeys((name, unquote(name))):
        if not spelled or "\0" in spelled:
            continue
        last = PureWindowsPath(spelled).name if "\\" in spelled or ":" in spelled else PurePosixPath(spelled).name
        for tried in (folder / spelled.replace("\\", "/"), folder / last):
            try:
                if tried.is_file():
                    return tried
                alike = [path for path in tried.parent.iterdir() if path.name.lower() == tried.name.lower()]
            except OSError:
                continue
            if alike and alike[0].is_file():
                return alike[0]
    return None


def _decode(content: bytes, name: str) -> np.ndarray:
    if content.startswith(KTX2):
        raise ValueError(f"the picture {name} is KTX2 (Basis Universal), which is not read here ({AS_PNG})")
    try:
        # Of what is odd in a file that viewers show all the same, nobody has to be warned.
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(content)) as image:
            if image.mode[0] in "IF":
                values = np.asarray(image, np.float64)
                scale = 1.0 if image.mode[0] == "F" else 65535.0
                grey = (np.nan_to_num(values / scale).clip(0, 1) * 255).round().astype(np.uint8)
                image = Image.fromarray(grey)
            image = image.convert("RGB")
            image.thumbnail((MAX_SIDE, MAX_SIDE))
            return np.array(image)
    except Exception as error:
        # Decoders of a dozen formats fail in as many ways.
        raise ValueError(f"the picture {name} can't be read ({_reason(error, content)})") from error


def _reason(error: Exception, content: bytes) -> str:
    """The cause and the way out, in a few words."""
    if not content:
        return "the file is empty: write it anew"
    if isinstance(error, Image.DecompressionBombError):
        return f"it has too many pixels: save it with {MAX_SIDE} a side or fewer"
    if isinstance(error, UnidentifiedImageError | NotImplementedError):
        return "it is damaged or of a kind not known here: save it as PNG"
    return "it is damaged: save it anew as PNG"
