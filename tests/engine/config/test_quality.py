from dataclasses import replace

import pytest

from engine.config.ablations import ABLATIONS, MODES
from engine.config.quality import BODIES_QUALITIES, PAPER, PUBLIC_QUALITIES, QUALITIES, STANDARD
from engine.config.stage import STAGES
from engine.contract import request


def test_stages_ask_the_models_of_their_roles():
    roles = PAPER.model_roles()
    assert roles == {"static": ("image",), "dynamic": ("video",), "super_resolution": ("video", "upscale")}
    # The image model holds the look of what moves.
    assert PUBLIC_QUALITIES["standard"].model_roles() == {"static": ("image",), "dynamic": ("video", "image")}
    assert list(PUBLIC_QUALITIES["draft"].model_roles()) == ["static", "dynamic"]


def test_a_still_scene_is_held_to_the_text_by_the_image_model():
    still = replace(STANDARD, field=replace(STANDARD.field, times=1))
    assert still.model_roles()["super_resolution"] == ("image", "upscale")


def test_the_names_are_those_of_the_contract():
    assert tuple(QUALITIES) == tuple(request.QUALITIES) and set(PUBLIC_QUALITIES) == set(QUALITIES)
    assert tuple(ABLATIONS) == request.ABLATIONS and tuple(MODES) == request.MODES


def test_public_qualities_hold_the_object_while_it_moves():
    for name, quality in PUBLIC_QUALITIES.items():
        if name == "paper":
            continue
        dynamic = quality.dynamic
        assert (dynamic.rates.space, dynamic.rates.time, dynamic.rates.decoder) == (0, 0, 0) and quality.field.bones
        assert dynamic.blob_growth == 1 and dynamic.camera.moving == 0 and dynamic.clip_fraction == (1, 1)
        asked = [dynamic.asks_image(step) for step in range(dynamic.steps)]
        assert sum(asked) == dynamic.steps // 2 and asked[:4] == [False, True, False, True]
        centre, spread = dynamic.image_distillation.noise(0.3)
        assert (centre - spread, centre + spread) == pytest.approx((0.02, 0.5))
    assert PUBLIC_QUALITIES["standard"].dynamic.steps >= 10_000 and PUBLIC_QUALITIES["paper"] is PAPER
    assert PAPER.dynamic.blob_growth == 10 and PAPER.dynamic.camera.moving == 0.9


def test_what_changes_over_a_stage():
    config = PUBLIC_QUALITIES["standard"].static
    first, middle, last = (config.at(progress) for progress in (0.0, 0.5, 1.0))
    assert (first.size, middle.size, last.size) == (64, 128, 128) and first == config
    # Four times the rays, each of which counts a quarter.
    assert middle.sparsity * 128**2 == pytest.approx(config.sparsity * 64**2) == pytest.approx(10)
    assert config.at(0.6).opacity_entropy * 128**2 == pytest.approx(1e-3 * 64**2)
    assert config.at(0.8).opacity_entropy * 128**2 == pytest.approx((1e-3 + 0.05) / 2 * 64**2)
    assert last.opacity_entropy * 128**2 == pytest.approx(0.05 * 64**2)


def test_built_in_qualities_do_not_change_over_a_stage():
    for quality in (*QUALITIES.values(), *BODIES_QUALITIES.values()):
        for stage in STAGES:
            config = quality.stage(stage)
            assert config.at(0.9) == config and not any(config.asks_image(step) for step in range(100))
