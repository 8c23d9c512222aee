import imageio.v3 as imageio
import numpy as np

from engine.evaluate.ablation import FULL, Record, job_folder
from engine.evaluate.prompts import Words
from engine.evaluate.report import LABEL, PAPER, TILE, caption, picture, table


def record(variant=FULL, prompt="red ball still", right=True, **changes) -> Record:
    values = {"colour": right, "shape": right, "motion": right, "overlap": 0.8, "rank": 1, "seconds": 10.0}
    return Record(variant, prompt, **(values | changes))


def test_the_table_counts():
    records = [
        record("no static", right=False, rank=640, overlap=0.0, error="nothing"),
        record(),
        record(prompt="red cube still", motion=False, rank=7, overlap=0.6, seconds=21.0),
    ]
    head, rule, full, left_out = table(records).splitlines()
    assert head == "| | prompts | colour | shape | motion | all three | R-Precision | overlap | seconds |"
    assert rule.count("---") == 9
    assert full == "| the full method | 2 | 100 % | 100 % | 50 % | 50 % | 50 % | 0.70 | 16 |"
    assert left_out == "| no static | 1 | 0 % | 0 % | 0 % | 0 % | 0 % | 0.00 | 10 |"


def test_a_caption_says_what_is_wrong():
    assert caption(record()) == "red ball still"
    assert caption(record(colour=False, motion=False)) == "red ball still: colour, motion"
    assert caption(record(right=False, error="Nothing solid formed.")) == "red ball still: nothing"


def test_the_picture_has_a_place_for_every_run(tmp_path):
    sheet = picture(tmp_path, [record(), record("no static"), record("no static", "blue cube still")])
    assert sheet.dtype == np.uint8 and sheet.shape == (LABEL + 2 * (TILE + LABEL), 2 * (3 * TILE + 6), 3)


def test_a_run_s_own_frames_are_in_its_place(tmp_path):
    """Three frames of the left half of its preview; a shorter one shows its last again."""
    asset = job_folder(tmp_path, "no static", Words.of("red ball still")) / "asset"
    asset.mkdir(parents=True)
    clip = np.zeros((6, 64, 128, 3), np.uint8)
    clip[..., 64:, :] = 255
    clip[0, :, :64] = (200, 0, 0)
    clip[5, :, :64] = (0, 0, 200)
    imageio.imwrite(asset / "preview.mp4", clip, fps=5, macro_block_size=1)
    sheet = picture(tmp_path, [record(), record("no static")])
    left = 3 * TILE + 6
    tiles = [sheet[LABEL + TILE // 2, left + place * TILE + TILE // 2].astype(int) for place in range(3)]
    # A film's colours are near.
    assert tiles[0][0] > 150 and tiles[0][2] < 60
    assert all(tile[2] > 150 and tile[0] < 60 for tile in tiles[1:])
    assert tuple(sheet[LABEL + TILE // 2, TILE // 2]) == PAPER
