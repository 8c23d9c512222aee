"""Small models of the public classes that know a small world, so that the public models' recipe can be run without them.

A recipe for public models can be judged by what it makes of models that know something. These are a Stable Diffusion, an
MVDream and a Wan 2.1 of a few million parameters each, with autoencoders, text encoders and schedules of the same classes. They
know twelve objects in four colours, each still and in two or three motions, of the world that the built-in models learn from.

    python -m scripts.stand_ins train all --output DIR       begins, or goes on after a kill at any time
    python -m scripts.stand_ins judge --models DIR/models --output JUDGED

    DIR/clips/, DIR/rings/       rendered pictures (`pictures`)
    DIR/image_autoencoder/, DIR/video_autoencoder/, DIR/image/, DIR/multi_view/, DIR/video/
                                 runs: state.safetensors, losses.jsonl, sheet_<step>.png (`run`)
    DIR/latents/                 of the pictures, by role (`latents`)
    DIR/models/image/, multi_view/, video/      what `--image-model` and `--video-model` take
"""
