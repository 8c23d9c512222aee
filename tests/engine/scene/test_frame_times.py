import pytest

from engine.scene.frame_times import frame_times


@pytest.mark.parametrize(("frames", "times"), [(1, [0.5]), (4, [0.125, 0.375, 0.625, 0.875])])
def test_frames_stand_in_the_middle_of_their_share_of_the_clip(frames, times):
    assert frame_times(frames).tolist() == times
