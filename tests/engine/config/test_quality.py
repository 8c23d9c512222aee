from dataclasses import replace

from engine.config.ablations import ABLATIONS, MODES
from engine.config.quality import PUBLIC_QUALITIES, QUALITIES, STANDARD
from engine.contract import request


def test_stages_ask_the_models_of_their_roles():
    roles = PUBLIC_QUALITIES["standard"].model_roles()
    assert roles == {"static": ("image",), "dynamic": ("video",), "super_resolution": ("video", "upscale")}
    assert list(PUBLIC_QUALITIES["draft"].model_roles()) == ["static", "dynamic"]


def test_a_still_scene_is_held_to_the_text_by_the_image_model():
    still = replace(STANDARD, field=replace(STANDARD.field, times=1))
    assert still.model_roles()["super_resolution"] == ("image", "upscale")


def test_the_names_are_those_of_the_contract():
    assert tuple(QUALITIES) == tuple(request.QUALITIES) and set(PUBLIC_QUALITIES) == set(QUALITIES)
    assert tuple(ABLATIONS) == request.ABLATIONS and tuple(MODES) == request.MODES
