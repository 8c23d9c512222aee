import json

import imageio.v3 as imageio

from engine.contract import protocol
from engine.pipeline.plot import CURVES, HEIGHT, INK, WIDTH, plot_metrics


def events(path, values):
    lines = [json.dumps(protocol.progress("static", i, 10, 1.0, {"gradient": v, "motion": 0.0})) for i, v in enumerate(values)]
    path.write_text("\n".join([*lines, json.dumps(protocol.progress("mesh", 1, 1, 0, {})), '{"type": "prog']))
    return path


def test_a_curve_falls_as_its_metric_does(tmp_path):
    picture = plot_metrics(events(tmp_path / "events.jsonl", [4.0, 3.0, 2.0, 1.0]), tmp_path / "metrics.png")
    image = imageio.imread(picture)
    assert image.shape == (len(CURVES) * HEIGHT, WIDTH, 3)
    heights = [int((image[24 : HEIGHT - 24, x] == INK).all(-1).nonzero()[0].mean()) for x in (40, 300, 600)]
    assert heights[0] < heights[1] < heights[2]


def test_nothing_is_drawn_of_nothing(tmp_path):
    assert plot_metrics(events(tmp_path / "events.jsonl", [1.0]), tmp_path / "metrics.png") is None
    assert not (tmp_path / "metrics.png").exists()
