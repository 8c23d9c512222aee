"""Everything the panel does, callable from scripts as bpy.ops.mav3d.*; each is a thin coat over the package's functions."""

from . import engine, generate, jobs, models, results

CLASSES = (*generate.CLASSES, *models.CLASSES, *jobs.CLASSES, *results.CLASSES, *engine.CLASSES)
