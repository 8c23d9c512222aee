"""A reference image: a user's picture of one object, read and cut out of its background."""

from __future__ import annotations

import errno
import hashlib
import io
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from engine.contract.errors import is_address, too_long
from engine.files import written_aside
from engine.reference.matting import ImageError, object_box, remove_background

# A prepared picture's side, and how much of it the object's longer side takes.
SIDE, FILL = 512, 0.8
FORMATS = ("PNG", "JPEG", "WEBP")
# Other kinds that people have, by what their files begin with.
OTHERS = {
    b"GIF8": "GIF",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"BM": "BMP",
    b"8BPS": "Photoshop",
    b"\x76\x2f\x31\x01": "OpenEXR",
    b"#?RADIANCE": "Radiance",
    b"DDS ": "DDS",
    b"\0\0\x01\0": "ICO",
    b"\0\0\0\x0cjP": "JPEG 2000",
}
MAX_FILE, MAX_PIXELS, MIN_SIDE = 100 * 2**20, 100_000_000, 16
# What the object is looked for in; finer pictures are made smaller first.
WORKING_SIDE = 1024


@dataclass(frozen=True)
class ReferenceImage:
    """A picture cut out, centred and scaled: uint8 [SIDE, SIDE, 4], sRGB and alpha; the colour goes on beyond the outline."""

    pixels: np.ndarray

    @property
    def sha256(self) -> str:
        """Of the pixels, whatever file they are in."""
        return hashlib.sha256(np.ascontiguousarray(self.pixels).tobytes()).hexdigest()

    def save(self, path: Path) -> None:
        """Writes a PNG aside, then renames it. Raises OSError."""
        with written_aside(path) as part:
            Image.fromarray(self.pixels, "RGBA").save(part, "PNG")

    @classmethod
    def load(cls, path: Path, sha256: str) -> ReferenceImage:
        """What `save` wrote. Raises ImageError where it is missing or not the picture with this sum."""
        try:
            with Image.open(path, formats=("PNG",)) as image:
                loaded = cls(np.array(image.convert("RGBA")))
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise ImageError(f"The job's picture {path} can't be read ({_reason(error)}): begin the job anew.") from error
        if loaded.pixels.shape != (SIDE, SIDE, 4) or loaded.sha256 != sha256:
            raise ImageError(f"{path} is not the picture that this job began with: put it back, or begin the job anew.")
        return loaded


def read_image(path: Path) -> ReferenceImage:
    """The object in a picture file, upright, cut out of its background, whatever the picture's size and margins.

    The background is what is transparent, or a plain one that reaches the border (`reference.matting`). Raises ImageError.
    """
    image = _read(path)
    pixels = remove_background(np.array(image).astype(np.float32) / 255, str(path))
    return ReferenceImage(_framed(pixels))


def _read(path: Path) -> Image.Image:
    """The file as 8-bit RGBA, upright, its longer side WORKING_SIDE at most."""
    if is_address(path):
        raise ImageError(f"{path} is an address on the net, and files are read from this machine alone: download it first.")
    try:
        if path.stat().st_size > MAX_FILE:
            raise ImageError(f"The picture {path} is larger than {MAX_FILE // 2**20} MB: save it smaller.")
        with warnings.catch_warnings():
            # Of what is odd in a file that viewers show all the same.
            warnings.simplefilter("ignore")
            with Image.open(path, formats=FORMATS) as image:
                _check(image, path)
                image.draft("RGB", (WORKING_SIDE, WORKING_SIDE))
                upright = _in_srgb(_turned(image)).convert("RGBa")
    except UnidentifiedImageError as error:
        raise ImageError(f"{path} is {_kind(path)}: give a PNG, JPEG or WebP file.") from error
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        reason = _reason(error)
        if getattr(error, "errno", None) == errno.ENAMETOOLONG:
            raise ImageError(too_long(path)) from error
        if isinstance(error, FileNotFoundError):
            raise ImageError(f"The picture {path} is missing: give the path of a PNG, JPEG or WebP file.") from error
        raise ImageError(f"The picture {path} can't be read ({reason}): give a whole PNG, JPEG or WebP file.") from error
    # Colours weighed by their alpha: what is transparent has none to lend.
    upright.thumbnail((WORKING_SIDE, WORKING_SIDE), Image.Resampling.BICUBIC)
    return upright.convert("RGBA")


def _check(image: Image.Image, path: Path) -> None:
    """Raises ImageError where a picture is none that can be used."""
    width, height = image.size
    # A phone's JPEG may hold further pictures, such as a depth map, behind the one that it shows.
    if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
        raise ImageError(f"The picture {path} is animated: save one frame of it.")
    if min(width, height) < MIN_SIDE:
        raise ImageError(f"The picture {path} is {width} x {height} pixels: give one of at least {MIN_SIDE} x {MIN_SIDE}.")
    if width * height > MAX_PIXELS:
        raise ImageError(f"The picture {path} has {width} x {height} pixels: save it smaller, 1024 a side is plenty.")


def _turned(image: Image.Image) -> Image.Image:
    """Upright, as the camera noted; as it is where that note is damaged."""
    try:
        return ImageOps.exif_transpose(image)
    except (OSError, EOFError, Image.DecompressionBombError):
        raise
    except Exception:
        # A damaged EXIF block fails in many ways, and viewers show the picture all the same.
        image.load()
        return image


def _in_srgb(image: Image.Image) -> Image.Image:
    """8-bit RGBA in sRGB: what a viewer shows of grey, palette, CMYK and wide-gamut pictures, of 8 or 16 bits."""
    if image.mode[0] == "I":
        values, hidden = np.asarray(image, np.int64), image.info.get("transparency")
        grey = Image.fromarray((values.clip(0, 65535) / 257).round().astype(np.uint8))
        rgba = grey.convert("RGBA")
        if isinstance(hidden, int):
            rgba.putalpha(Image.fromarray(np.where(values == hidden, 0, 255).astype(np.uint8)))
        return rgba
    profile = image.info.get("icc_profile")
    if not profile or image.mode == "LAB":
        return image.convert("RGBA")
    rgba = image.convert("RGBA")
    plain = image if image.mode in ("L", "RGB", "CMYK") else rgba.convert("RGB")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        coloured = ImageCms.profileToProfile(plain, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        # Viewers leave out a profile that is damaged or of another kind of picture.
        return rgba
    coloured.putalpha(rgba.getchannel("A"))
    return coloured


def _kind(path: Path) -> str:
    """What a file is that is no picture of FORMATS, by its first bytes."""
    with path.open("rb") as file:
        head = file.read(16)
    known = next((kind for start, kind in OTHERS.items() if head.startswith(start)), None)
    if head[4:8] == b"ftyp":
        known = "HEIC or AVIF"
    if known:
        return f"a {known} picture, which is not read here"
    return "not a picture that can be read" if head else "an empty file"


def _framed(pixels: np.ndarray) -> np.ndarray:
    """float RGBA [H, W, 4] to uint8 [SIDE, SIDE, 4] with the object's box in the middle, its longer side FILL of the whole."""
    top, bottom, left, right = object_box(pixels[..., 3])
    side = max(bottom - top, right - left) / FILL
    x, y = (left + right - side) / 2, (top + bottom - side) / 2
    # Room for the whole square, where it reaches beyond the picture.
    height, width = pixels.shape[:2]
    before = [max(0, int(np.ceil(-start))) for start in (y, x)]
    after = [max(0, int(np.ceil(end))) for end in (y + side - height, x + side - width)]
    room = tuple(zip(before, after, strict=True))
    padded = np.pad(pixels, (*room, (0, 0)), mode="edge")
    padded[..., 3] = np.pad(pixels[..., 3], room)
    x, y = x + before[1], y + before[0]
    box = (x, y, x + side, y + side)
    layers = [
        np.array(Image.fromarray(np.ascontiguousarray(padded[..., layer])).resize((SIDE, SIDE), Image.Resampling.BICUBIC, box))
        for layer in range(4)
    ]
    return (np.stack(layers, -1).clip(0, 1) * 255).round().astype(np.uint8)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error).splitlines()[0][:120] if str(error) else type(error).__name__
