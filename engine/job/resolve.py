"""From a request to a job with everything worked out: the prompt as the models read it, the models, every number.

This happens once, at the door; what lies below takes a `ResolvedJob` or a part of it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.config.ablations import MODES, ablate
from engine.config.given_mesh import moved_mesh
from engine.config.quality import BODIES_QUALITIES, PUBLIC_QUALITIES, QUALITIES, Quality
from engine.config.stage import STAGES
from engine.contract.errors import JobError, RequestError
from engine.contract.prompt import ParsedPrompt, any_seen, canonical_prompt, choose_vocabulary, parse_prompt
from engine.contract.request import GIVEN_MESH, REFERENCE_IMAGE, ROLES, Request
from engine.contract.version import VERSION, is_newer
from engine.contract.vocabulary import Vocabulary
from engine.job.folder import JobFolder
from engine.models.presets import PRESETS, Preset

if TYPE_CHECKING:
    from engine.reference.given.mesh import ReferenceMesh
    from engine.reference.image import ReferenceImage


@dataclass(frozen=True)
class ResolvedJob:
    """request: as job.json keeps it. prompt: as the models read it; where a picture or a mesh shows what the text leaves open,
    it stands for anything that could be shown until `seen`. models: of each role. quality: with all that the request changes in
    it. vocabulary: the words that the models know; None where they take any text. image, mesh: a reference image or a mesh to
    animate that the job's folder does not hold yet.
    """

    request: Request
    prompt: str
    models: Preset
    quality: Quality
    vocabulary: Vocabulary | None
    image: ReferenceImage | None = None
    mesh: ReferenceMesh | None = None

    @property
    def has_image(self) -> bool:
        """Whether the scene is conditioned on a picture."""
        return self.request.image is not None

    @property
    def has_mesh(self) -> bool:
        """Whether a given mesh is animated."""
        return self.request.mesh is not None

    def said(self) -> ParsedPrompt:
        """The words that the text itself says; nothing where the models take any text."""
        return ParsedPrompt(None, None, None) if self.vocabulary is None else parse_prompt(self.request.prompt, self.vocabulary)

    def seen(self, colour: str, name: str) -> ResolvedJob:
        """The job once its picture or mesh is known to show an object of this colour and name, empty where it is not known."""
        return replace(self, prompt=_prompt(self.request, self.vocabulary, (colour, name)))


def resolve(request: Request) -> ResolvedJob:
    """Works out everything that `request` leaves to its preset and quality. Loads nothing.

    Raises PromptError where the models do not know a word, and RequestError where a model is missing that a stage needs.
    """
    preset = _that_reads(request)
    named = {role: getattr(request, f"{role}_model") for role in ROLES}
    models = replace(preset, **{role: source for role, source in named.items() if source})
    if preset.built_in and models != preset:
        raise RequestError(f"The preset {preset.name} has its own models: choose the preset custom to name others.")
    if preset.bends and request.image is not None:
        raise RequestError(f"The preset {preset.name} takes no picture yet: choose the preset primitives, or leave it out.")
    quality = _quality(request, models)
    _check_models(request, models, quality)
    vocabulary = _vocabulary(models)
    seen = ("", "")
    if (request.image is not None or request.mesh is not None) and vocabulary is not None:
        # Before anyone has looked, any object will do.
        seen = any_seen(request.prompt, vocabulary, request.mode == "3d")
    return ResolvedJob(request, _prompt(request, vocabulary, seen), models, quality, vocabulary)


def resolve_new(request: Request, folder: JobFolder, draw_seed: bool, overwrite: bool = False) -> ResolvedJob:
    """`resolve` for a job that begins in `folder`, or goes on there.

    Reads the request's picture or mesh, of which the job keeps a copy. draw_seed: no seed was given, so that the folder's own
    job goes on with its seed, and a new one gets a random one. Raises ImageError or MeshError as well.
    """
    job = with_files_read(resolve(request))
    if not draw_seed:
        return job
    earlier = folder.request() if (folder.path / "job.json").is_file() and not overwrite else {}
    return replace(job, request=replace(job.request, seed=earlier.get("seed", random.randrange(2**31))))


def with_files_read(job: ResolvedJob) -> ResolvedJob:
    """The job with the picture or the mesh that its request names, of which its folder will keep a copy. Raises ImageError or
    MeshError."""
    if job.request.image is not None and job.request.image_sha256 is None:
        from engine.reference.image import read_image

        image = read_image(Path(job.request.image))
        job = replace(job, request=replace(job.request, image=REFERENCE_IMAGE, image_sha256=image.sha256), image=image)
    if job.request.mesh is not None and job.request.mesh_sha256 is None:
        from engine.reference.given.mesh import read_given_mesh

        bones = job.request.bones
        mesh = read_given_mesh(Path(job.request.mesh), None if bones is None else Path(bones))
        request = replace(job.request, mesh=GIVEN_MESH, mesh_sha256=mesh.sha256, bones=None)
        job = replace(job, request=request, mesh=mesh)
    return job


def resolve_folder(folder: JobFolder) -> ResolvedJob:
    """The job in a folder, with the settings in force. Raises JobError where there is none, or where a newer version began it
    with settings that this one does not know."""
    values = folder.request()
    try:
        return resolve(Request.checked(values))
    except RequestError as error:
        version = folder.engine_version()
        if not is_newer(version):
            raise
        raise JobError(
            f"The job in {folder.path} was begun by version {version} of the engine and can't go on with this one, version "
            f"{VERSION}: install the newer version."
        ) from error


def _prompt(request: Request, vocabulary: Vocabulary | None, seen: tuple[str, str]) -> str:
    return request.prompt if vocabulary is None else canonical_prompt(request.prompt, vocabulary, request.mode == "3d", seen)


def _that_reads(request: Request) -> Preset:
    """The preset that the request names, or the one beside it where only that has words for the prompt. A picture is shown to
    the named one alone; a mesh to the one beside it, whose models know bodies that bend."""
    preset = PRESETS[request.preset]
    if not preset.beside or request.image is not None:
        return preset
    if request.mesh is not None:
        return PRESETS[preset.beside]
    presets = [preset, PRESETS[preset.beside]]
    vocabularies = [_vocabulary(each) for each in presets]
    return presets[choose_vocabulary(request.prompt, vocabularies, request.mode == "3d")]


def _vocabulary(models: Preset) -> Vocabulary | None:
    source = models.video
    return Vocabulary.read(Path(source).parent) if source and Path(source).is_dir() else None


def qualities_of(models: Preset) -> dict[str, Quality]:
    """The qualities by name for a preset's models."""
    if models.bends:
        return BODIES_QUALITIES
    return QUALITIES if models.built_in else PUBLIC_QUALITIES


def _quality(request: Request, models: Preset) -> Quality:
    quality = qualities_of(models)[request.quality]
    quality = replace(quality, field=replace(quality.field, backbone=request.backbone))
    quality = ablate(MODES[request.mode](quality), request.without)
    if request.mesh is not None:
        quality = moved_mesh(quality)
    for stage in STAGES:
        if (steps := getattr(request, f"{stage}_steps")) is not None:
            quality = replace(quality, **{stage: replace(quality.stage(stage), steps=steps)})
    static, dynamic, fine = (quality.stage(stage) for stage in STAGES)
    if (scale := request.image_guidance_scale) is not None:
        static = replace(static, distillation=replace(static.distillation, guidance_scale=scale))
        if dynamic.image_distillation is not None:
            beside = replace(dynamic.image_distillation, guidance_scale=scale)
            dynamic = replace(dynamic, image_distillation=beside)
    if (scale := request.video_guidance_scale) is not None:
        dynamic = replace(dynamic, distillation=replace(dynamic.distillation, guidance_scale=scale))
        fine = replace(fine, video_distillation=replace(fine.video_distillation, guidance_scale=scale))
    if (scale := request.upscale_guidance_scale) is not None:
        fine = replace(fine, distillation=replace(fine.distillation, guidance_scale=scale))
    return replace(quality, static=static, dynamic=dynamic, super_resolution=fine)


def _check_models(request: Request, models: Preset, quality: Quality) -> None:
    needed = {role for roles in quality.model_roles().values() for role in roles}
    if missing := [role for role in ROLES if role in needed and not getattr(models, role)]:
        names = " and ".join(f"{role}_model" for role in missing)
        raise RequestError(f"Preset {request.preset} lacks models: give {names}, a folder or a hub id each.")
