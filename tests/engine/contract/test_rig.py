from pathlib import Path

import pytest

from engine.contract.errors import RequestError
from engine.contract.rig import RigRequest


def test_plain_values_become_a_request():
    request = RigRequest.checked({"asset": "/a", "output": None, "bones": 12, "turn_only": True})
    assert request == RigRequest(Path("/a"), None, 12, True, False)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "asset has to be a path"),
        ({"asset": ""}, "asset has to be a path"),
        ({"asset": "/a", "output": 3}, "output as well"),
        ({"asset": "/a", "bones": 257}, "from 1 to 256"),
        ({"asset": "/a", "bones": 2.5}, "bones"),
        ({"asset": "/a", "overwrite": "yes"}, "give true or false"),
        ({"asset": "/a", "weights": 4}, "There is no setting 'weights'; there are asset, output"),
    ],
)
def test_what_can_t_be_is_one_sentence(values, said):
    with pytest.raises(RequestError, match=said):
        RigRequest.checked(values)
