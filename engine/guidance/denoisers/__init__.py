"""The public models' classes, one a file: what each denoises, how big, and how it is told of text, cameras and pictures.

A denoiser is built from a model's components and has
    roles                       what it can teach: "image", "video", "upscale"
    parts                       names of the components that it is built from
    texts                       names of those that encode text, which are freed before the others are loaded
    encode(components, texts)   text states, see `engine.guidance.text.encoders`
    knows_cameras, text_suffix  whether it needs no view words; what it wants behind every prompt (both may be absent)
    schedule, space             of what it denoises
    clips                       whether a clip is one thing to it; else each frame is a picture of its own
    together                    how many neighbouring pictures it has to see in one call
    sees_pictures               whether an image adapter can be put in its network
    pictures(frames)            [cameras, frames, 3, H, W] in [0, 1] at the size and with the frames it wants
    conditions(...)             what it is told beside text and timestep, one row for each picture or clip; may be absent
    (noisy, timesteps, text, conditions) -> its output, of noisy's shape
"""
