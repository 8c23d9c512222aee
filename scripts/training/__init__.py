"""Training of the built-in picture model; `scripts/train_primitives` is the way in.

Two models come from one recipe. The *joint encoder* (`motion`) reads words and a time and says where the body is in the scene,
where its joints are in its own axes, and which numbers its colours are; it learns from the world's exact values, in minutes.
The *picture denoiser* (`picture`) makes single pictures of 64 x 64, given words, camera, noise level, the background's and the
body's colours and the joints; it learns from rendered pictures, for as long as there is time.

    .training/pool/          pictures as coefficients, rendered by processes of their own (`renderers`, `shards`)
    .training/motion/        networks.safetensors, losses.jsonl
    .training/picture/       state.safetensors, losses.jsonl, sheet_<step>.png: samples at the left, the truth at the right
    .training/held_out/      the pictures of "pairs" and "colours" in losses.jsonl: the squared error on the body, held out of
                             training, pictures in [-1, 1], at noise .3, .6 and .85

    scripts/train_primitives                  begins, or goes on after a kill at any time
    scripts/train_primitives --sheet          a sheet of samples from the newest checkpoint
    scripts/train_primitives --motions        teaches the joint encoder anew after a change of gaits; pictures need not know
    scripts/train_primitives --keep FOLDER    the newest averaged weights in half precision, to travel in git
    scripts/train_primitives --from FOLDER    begins on a fresh machine where they stood; the rate warms up again
    scripts/train_primitives --publish        the same weights where the engine finds its built-in models
What a run had reached is in engine/models/creatures/model/, where the preset creatures finds it. On a machine with a
GPU it is used; there `--renderers 15 --batch 128 --minutes 8` keep it busy and end in time.

Changes of bodies and gaits flow into a run with the pictures that are rendered after; renderers that are killed come back with
the world's code as it is then. `toys/` is the training of the models before, of ten rigid toys.
"""
