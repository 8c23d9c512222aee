from engine.contract.request import ROLES
from engine.models.catalogue import CATALOGUE, canonical, instead, listed
from engine.models.hub.ids import split_source
from engine.models.presets import PRESETS


def test_ids_are_ids_and_come_once():
    names = [name for model in CATALOGUE for name in (model.id, *model.aliases)]
    assert len(names) == len(set(names)) and all(split_source(name) for name in names)


def test_the_presets_use_models_that_are_known_and_there():
    for preset in PRESETS.values():
        for role, source in preset.sources().items():
            if source and not preset.built_in:
                model = listed(split_source(source)[0])
                assert role in model.roles and not model.removed and model.licence
                # What the preset promises.
                assert preset.name != "open" or model.commercial


def test_a_removed_model_has_a_mirror_that_is_there():
    removed = [model for model in CATALOGUE if model.removed]
    assert {"stabilityai/stable-diffusion-2-1-base", "runwayml/stable-diffusion-v1-5"} <= {model.id for model in removed}
    for model in removed:
        assert model.mirrors and all(not listed(mirror).removed for mirror in model.mirrors)
        assert all(mirror in instead(model.id) for mirror in model.mirrors)


def test_what_can_be_fetched_tells_what_it_takes_and_claims_no_run():
    for model in CATALOGUE:
        assert not model.verified and set(model.roles) <= set(ROLES) and model.roles
        assert model.removed or (model.download_gb > 0 and model.memory_gb > 0)


def test_an_earlier_id_is_the_same_model():
    assert canonical("damo-vilab/text-to-video-ms-1.7b") == "ali-vilab/text-to-video-ms-1.7b"
    assert canonical("someone/unknown") == "someone/unknown" and listed("someone/unknown") is None and not instead("a/b")
