"""Everything the panel does, callable from scripts as bpy.ops.mav3d.*; each is a thin coat over the package's functions."""

from . import engine, generate, jobs, results

CLASSES = (*generate.CLASSES, *jobs.CLASSES, *results.CLASSES, *engine.CLASSES)
