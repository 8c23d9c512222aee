"""Everything the panel does, callable from scripts as bpy.ops.mav3d.*; each operator calls the controller or the timeline."""

from . import animate, capture, engine, generate, host, jobs, models, motion, results, sheet, words

CLASSES = (
    *generate.CLASSES, *words.CLASSES, *animate.CLASSES, *models.CLASSES, *jobs.CLASSES, *capture.CLASSES, *results.CLASSES,
    *motion.CLASSES, *sheet.CLASSES, *engine.CLASSES, *host.CLASSES,
)  # fmt: skip
