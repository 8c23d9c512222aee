import torch

from engine.guidance.built_in import ImageGuidance, VideoGuidance
from engine.guidance.protocol import Denoiser, Guidance
from engine.guidance.public import PublicGuidance
from engine.scene.cameras import Cameras


class Plain(Denoiser):
    """A class that says no more of itself than it has to."""

    roles, components = ("image",), ("unet",)

    def __init__(self) -> None:
        pass


def test_a_class_has_defaults_for_all_that_it_does_not_say():
    plain = Plain()
    assert plain.text_components == ("tokenizer", "text_encoder") and plain.fp32_components == ()
    assert plain.views_per_batch == 1 and plain.half == torch.float16
    assert not (plain.is_video or plain.knows_cameras or plain.accepts_image_prompt)


def test_without_a_word_a_class_is_conditioned_on_text_alone():
    cameras = Cameras(torch.zeros(2), torch.zeros(2))
    assert Plain().conditions(cameras, None, torch.Generator()) == {}


def test_guidance_is_told_by_what_it_has():
    class Own:
        """Names nothing as its base."""

        distillation = fov = elevation = views_per_batch = guidance_scale = None

        def gradient(self, frames, prompt, cameras, progress, generator, **known):
            return frames

        def filled(self, distillation):
            return distillation

        def mount(self, prompt, times):
            return None

        def whole_motion(self, prompt, times):
            return None

        def joint_motion(self, prompt, times, given=False):
            return None

    assert isinstance(Own(), Guidance)
    del Own.gradient
    assert not isinstance(Own(), Guidance)
    assert all(issubclass(each, object) and Guidance in each.__mro__ for each in (ImageGuidance, VideoGuidance, PublicGuidance))
