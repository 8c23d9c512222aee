"""A scene whose body is the mesh that a job was given."""

from __future__ import annotations

from engine.job.folder import JobFolder
from engine.job.resolve import ResolvedJob
from engine.reference.given.body import bake_mesh
from engine.reference.given.conditioning import load_given
from engine.stages.train_state import TrainState


def take_given(state: TrainState, job: ResolvedJob, folder: JobFolder) -> ResolvedJob:
    """Makes the job's mesh, if it has one, the body at rest of `state`; returns the job with what the mesh is known to show.

    Raises DamagedError where the mesh in the folder is not the one that the job was given.
    """
    if not job.has_mesh:
        return job
    given = load_given(folder.path, job.request.mesh_sha256 or "")
    job = job.seen(given.fit.colour, given.fit.name)
    state.take_body(given, bake_mesh(given, job.prompt, job.vocabulary, job.quality.field.max_density, state.device))
    return job
