"""Objects told from their backgrounds, in pictures drawn here."""

import numpy as np
import pytest

from engine.reference.matting import ImageError, object_box, remove_background


def picture(colour=(0.8, 0.1, 0.1), behind=0.9, radius=40, centre=(60, 70), size=(128, 160)) -> np.ndarray:
    """A disc on a plain ground, opaque RGBA."""
    y, x = np.mgrid[: size[0], : size[1]]
    disc = np.hypot(y - centre[0], x - centre[1]) < radius
    pixels = np.empty((*size, 4), np.float32)
    pixels[..., :3] = behind
    pixels[disc, :3] = colour
    pixels[..., 3] = 1
    return pixels


def area(cut: np.ndarray) -> float:
    return float(cut[..., 3].sum())


DISC = np.pi * 40**2


def test_a_plain_ground_is_taken_away():
    cut = remove_background(picture(), "p")
    assert area(cut) == pytest.approx(DISC, rel=0.03)
    assert object_box(cut[..., 3]) == pytest.approx((21, 100, 31, 110), abs=1)


def test_a_ground_that_grows_lighter_and_noise_are_plain_enough():
    pixels = picture()
    shade = np.linspace(-0.2, 0.1, 160)[None, :, None] + np.linspace(0, -0.15, 128)[:, None, None]
    ground = pixels[..., :1] == pixels[0, 0, 0]
    pixels[..., :3] += shade * ground + np.random.default_rng(0).normal(0, 0.006, (128, 160, 3))
    assert area(remove_background(pixels, "p")) == pytest.approx(DISC, rel=0.04)


def test_alpha_comes_before_colours():
    pixels = picture()
    pixels[..., 3] = np.hypot(*np.mgrid[-60:68, -70:90]) < 30
    assert area(remove_background(pixels, "p")) == pytest.approx(np.pi * 30**2, rel=0.03)


def test_a_hole_stays_open_and_a_highlight_does_not():
    pixels = picture()
    y, x = np.mgrid[:128, :160]
    pixels[np.hypot(y - 60, x - 70) < 15, :3] = 0.9
    assert area(remove_background(pixels, "p")) == pytest.approx(DISC - np.pi * 15**2, rel=0.05)
    pixels[np.hypot(y - 60, x - 70) < 15, :3] = 0.96
    assert area(remove_background(pixels, "p")) == pytest.approx(DISC, rel=0.03)


def test_shading_that_passes_through_the_ground_s_own_grey_opens_no_gap():
    pixels = picture(colour=(0.9, 0.9, 0.9))
    y, x = np.mgrid[:128, :160]
    away = np.hypot(y - 60, x - 70)
    pixels[..., :3] = np.where(away < 40, 1.0 - (away / 40) ** 2 * 0.5, 0.75)[..., None]
    assert area(remove_background(pixels, "p")) == pytest.approx(DISC, rel=0.05)


def test_a_place_shaded_like_the_ground_is_no_hole():
    pixels = picture()
    y, x = np.mgrid[:128, :160]
    away = np.hypot(y - 60, x - 70)
    # The ground's own 0.75 in the middle, and darker very slowly.
    pixels[..., :3] = np.where(away < 40, 0.75 - 0.4 * (away / 40) ** 4, 0.75)[..., None]
    assert area(remove_background(pixels, "p")) == pytest.approx(DISC, rel=0.05)


def test_edges_between_pixels_are_soft():
    fine = picture(radius=36, size=(128, 128), centre=(64, 64))
    small = fine.reshape(16, 8, 16, 8, 4).mean((1, 3))
    assert area(remove_background(small, "p")) == pytest.approx(np.pi * 4.5**2, rel=0.06)


def test_specks_are_dropped_and_colours_go_on_beyond_the_outline():
    pixels = picture()
    pixels[5:7, 5:7, :3] = 0
    cut = remove_background(pixels, "p")
    assert cut[6, 6, 3] == 0
    assert np.allclose(cut[..., :3], (0.8, 0.1, 0.1), atol=0.01)


def busy(pixels: np.ndarray) -> None:
    pixels[..., :3] = np.random.default_rng(0).random((128, 160, 3))


def empty(pixels: np.ndarray) -> None:
    pixels[..., :3] = 0.5


def transparent(pixels: np.ndarray) -> None:
    pixels[..., 3] = 0


def small(pixels: np.ndarray) -> None:
    pixels[..., 3] = 0
    pixels[60:66, 60:66, 3] = 1


def too_near(pixels: np.ndarray) -> None:
    pixels[..., 3] = 0
    pixels[40:, 30:130, 3] = 1


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (busy, "not plain.*save a PNG with transparency"),
        (empty, "nothing stands out"),
        (transparent, "transparent all over"),
        (small, "6 pixels across"),
        (too_near, "leave a margin"),
    ],
)
def test_what_can_t_be_cut_out_is_said_in_one_sentence(spoil, said):
    pixels = picture()
    spoil(pixels)
    with pytest.raises(ImageError, match=said) as error:
        remove_background(pixels, "the/picture.png")
    assert "the/picture.png" in str(error.value)
