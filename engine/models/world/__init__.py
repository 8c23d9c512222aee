"""The analytic world the built-in models are trained on.

`words/` has what its prompts are made of, `bodies/` its objects on `skeleton`s, `gaits` their limb motions, `placements` the
whole-body motions; `scene` answers what a body's joints, solid and tones are at a moment, and `tracing` renders it. The modules
`shapes`, `motions` and `clips` are the world of ten rigid toys of the models before.
"""
