"""Picture files of every kind become the same prepared picture."""

import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from engine.reference.image import FILL, SIDE, ReferenceImage, read_image
from engine.reference.matting import ImageError, object_box


def drawn(size=(200, 150), box=(60, 30, 120, 110), mode="RGBA") -> Image.Image:
    """A red block, its upper half blue, on nothing."""
    image = Image.new("RGBA", size)
    left, top, right, bottom = box
    image.paste((200, 20, 20, 255), box)
    image.paste((20, 20, 200, 255), (left, top, right, (top + bottom) // 2))
    if mode != "RGBA":
        ground = Image.new("RGBA", size, (240, 240, 240, 255))
        ground.alpha_composite(image)
        return ground.convert(mode)
    return image


def saved(tmp_path, image: Image.Image, name: str = "picture.png", **options):
    image.save(tmp_path / name, **options)
    return tmp_path / name


def check(photo: ReferenceImage) -> None:
    """The object is in the middle, 3 wide and 4 high, blue above red."""
    top, bottom, left, right = object_box(photo.pixels[..., 3] / 255)
    assert bottom - top == pytest.approx(FILL * SIDE, abs=8) and right - left == pytest.approx(FILL * SIDE * 3 / 4, abs=16)
    assert (top + bottom) / 2 == pytest.approx(SIDE / 2, abs=4) and (left + right) / 2 == pytest.approx(SIDE / 2, abs=4)
    upper, lower = photo.pixels[SIDE // 3, SIDE // 2], photo.pixels[2 * SIDE // 3, SIDE // 2]
    assert upper[2] > 150 > upper[0] and lower[0] > 150 > lower[2]


@pytest.mark.parametrize("name", ["a.png", "a.webp"])
def test_transparent_pictures(tmp_path, name):
    check(read_image(saved(tmp_path, drawn(), name)))


def test_pictures_before_a_plain_ground(tmp_path):
    check(read_image(saved(tmp_path, drawn(mode="RGB"), "a.jpg", quality=92)))


def test_neither_size_nor_margins_matter(tmp_path):
    check(read_image(saved(tmp_path, drawn(size=(2400, 3000), box=(900, 800, 1800, 2000)))))
    check(read_image(saved(tmp_path, drawn(size=(68, 90), box=(2, 2, 62, 82)))))


def test_a_camera_held_sideways_is_put_right(tmp_path):
    turned = drawn(mode="RGB").transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    check(read_image(saved(tmp_path, turned, "a.jpg", exif=exif, quality=92)))


def test_palettes_with_transparency(tmp_path):
    check(read_image(saved(tmp_path, drawn().quantize(16))))


@pytest.mark.parametrize("turn", [None, 6])
def test_a_phones_jpeg_is_its_first_picture(tmp_path, turn):
    image, exif = drawn(mode="RGB"), Image.Exif()
    if turn:
        image, exif[0x0112] = image.transpose(Image.Transpose.ROTATE_90), turn
    depth = Image.new("RGB", (64, 64), (9, 9, 9))
    check(
        read_image(saved(tmp_path, image, "a.jpg", format="MPO", save_all=True, append_images=[depth], exif=exif, quality=92))
    )


def test_cmyk_is_the_colours_it_prints(tmp_path):
    check(read_image(saved(tmp_path, drawn(mode="RGB").convert("CMYK"), "a.jpg", quality=92)))


def deep_png(path: Path, values: np.ndarray, kind: int, hidden: bytes = b"") -> Path:
    """A PNG with 16 bits a channel, which Pillow does not write in colour. kind: PNG's colour type; hidden: its tRNS."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return len(content).to_bytes(4, "big") + name + content + zlib.crc32(name + content).to_bytes(4, "big")

    height, width = values.shape[:2]
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([16, kind, 0, 0, 0])
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    body = chunk(b"IHDR", head) + (chunk(b"tRNS", hidden) if hidden else b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    return path


@pytest.mark.parametrize(("mode", "kind"), [("RGB", 2), ("RGBA", 6)])
def test_sixteen_bits_of_colour_are_the_same_picture(tmp_path, mode, kind):
    values = np.array(drawn(mode=mode)).astype(np.uint16) * 257
    check(read_image(deep_png(tmp_path / "a.png", values, kind)))


@pytest.mark.parametrize("hidden", [False, True])
def test_sixteen_bits_of_grey_are_the_same_picture(tmp_path, hidden):
    grey = drawn(mode="RGB").convert("L")
    values = np.array(grey).astype(np.uint16) * 257
    if hidden:
        # A ground that nothing could be told from but its transparency.
        values[values == values[0, 0]] = 41 * 257 + 5
    photo = read_image(deep_png(tmp_path / "deep.png", values, 0, int(values[0, 0]).to_bytes(2, "big") if hidden else b""))
    flat = read_image(saved(tmp_path, grey))
    assert np.array_equal(photo.pixels[100:400, 150:350], flat.pixels[100:400, 150:350])
    assert np.abs(photo.pixels.astype(int) - flat.pixels)[..., 3].mean() < 3


def test_colours_of_another_space_are_those_a_viewer_shows(tmp_path):
    # sRGB with its red and blue primaries exchanged: what is stored red is seen blue.
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile.replace(b"rXYZ", b"----").replace(b"bXYZ", b"rXYZ").replace(b"----", b"bXYZ")
    red, green, blue, alpha = drawn().split()
    stored = Image.merge("RGBA", (blue, green, red, alpha))
    check(read_image(saved(tmp_path, stored, icc_profile=profile)))
    check(read_image(saved(tmp_path, drawn(), icc_profile=b"no profile")))


def test_a_damaged_note_of_the_camera_is_passed_over(tmp_path):
    check(read_image(saved(tmp_path, drawn(), exif=b"Exif\0\0MM\0*\0\0\xff\xff\0\x08")))


def test_what_is_written_comes_back_and_nothing_else(tmp_path):
    photo = read_image(saved(tmp_path, drawn()))
    photo.save(tmp_path / "reference.png")
    assert np.array_equal(ReferenceImage.load(tmp_path / "reference.png", photo.sha256).pixels, photo.pixels)
    with pytest.raises(ImageError, match="not the picture that this job began with"):
        ReferenceImage.load(tmp_path / "reference.png", "0" * 64)
    (tmp_path / "reference.png").write_bytes(b"no picture")
    with pytest.raises(ImageError, match="can't be read"):
        ReferenceImage.load(tmp_path / "reference.png", photo.sha256)


def test_files_that_are_no_use_are_refused_in_words(tmp_path):
    with pytest.raises(ImageError, match="is missing: give the path"):
        read_image(tmp_path / "none.png")
    (tmp_path / "text.png").write_text("a ball")
    with pytest.raises(ImageError, match="not a picture"):
        read_image(tmp_path / "text.png")
    for kind, name in (("GIF", "GIF"), ("TIFF", "TIFF"), ("BMP", "BMP"), ("ICO", "ICO")):
        drawn().convert("RGB").resize((64, 64)).save(tmp_path / "other.png", kind)
        with pytest.raises(ImageError, match=f"other.png is a {name} picture, which is not read here: give a PNG"):
            read_image(tmp_path / "other.png")
    (tmp_path / "nothing.png").touch()
    with pytest.raises(ImageError, match="is an empty file"):
        read_image(tmp_path / "nothing.png")
    with pytest.raises(ImageError, match="address on the net"):
        read_image(Path("https://example.com/ball.png"))
    with pytest.raises(ImageError, match="^The name x{40}… is too long"):
        read_image(tmp_path / ("x" * 5000))
    whole = saved(tmp_path, drawn()).read_bytes()
    (tmp_path / "half.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ImageError, match="can't be read"):
        read_image(tmp_path / "half.png")
    with pytest.raises(ImageError, match="8 x 8 pixels"):
        read_image(saved(tmp_path, Image.new("RGB", (8, 8)), "tiny.png"))
    frames = [drawn(), drawn(box=(10, 10, 50, 50))]
    with pytest.raises(ImageError, match="animated"):
        read_image(saved(tmp_path, frames[0], "moving.webp", save_all=True, append_images=frames[1:]))
    (tmp_path / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    with pytest.raises(ImageError, match="phone.heic is a HEIC or AVIF picture, which is not read here: give a PNG"):
        read_image(tmp_path / "phone.heic")
    with pytest.raises(ImageError, match="a.bmp is a BMP picture"):
        read_image(saved(tmp_path, drawn(mode="RGB"), "a.bmp"))
