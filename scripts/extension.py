"""What `scripts/build_extension` does: the zip, checked, and index.json, by Blender's own tool. Standard library only."""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LARGEST, MANIFEST = 60 * 2**20, "blender_manifest.toml"
# Without these the installed extension could not do its work.
NEEDED = (
    "__init__.py", MANIFEST, "LICENSE", "requirements/engine.txt", "docs/blender.md",
    "mav3d_blender/registration.py",
    "engine/server/serve.py", "engine/models/primitives/vocabulary.json",
    *(f"engine/models/primitives/{role}/unet/diffusion_pytorch_model.safetensors" for role in ("image", "video", "upscale")),
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/build_extension", description="Builds the Blender extension.")
    parser.add_argument("--output", type=Path, required=True, help="the folder for the zip and index.json")
    parser.add_argument("--website", type=_address, help="where the documentation is, https, for the manifest")
    options = parser.parse_args()
    output = options.output.resolve()
    output.mkdir(parents=True, exist_ok=True)
    tool = extension_tool()
    if tool is None:
        print("Building needs Blender 4.2 or newer: put it on the PATH, or name its executable in BLENDER.", file=sys.stderr)
        return 1
    for command in (
        ["validate", str(ROOT)],
        ["build", "--source-dir", str(ROOT), "--output-dir", str(output)],
    ):
        code = subprocess.run([*tool, *command], cwd=ROOT).returncode
        if code:
            return code
    path = max(output.glob("mav3d-*.zip"), key=lambda each: each.stat().st_mtime)
    if options.website:
        add_website(path, options.website)
    wrong = objections(path)
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        path.unlink()
        return 1
    for command in (["validate", str(path)], ["server-generate", "--repo-dir", str(output)]):
        code = subprocess.run([*tool, *command], cwd=ROOT).returncode
        if code:
            return code
    print(f"Extension: {path} ({path.stat().st_size / 2**20:.1f} MB); repository: {output / 'index.json'}")
    return 0


def add_website(path: Path, address: str) -> None:
    """Writes the documentation's address into the manifest of a zip: Blender then links to it. It is no part of the sources,
    whose copies have homes of their own."""
    part = path.with_suffix(".part")
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as after:
        for item in before.infolist():
            content = before.read(item)
            if item.filename == MANIFEST:
                content = f'website = "{address}"\n'.encode() + content
            after.writestr(item, content)
    part.replace(path)


def _address(text: str) -> str:
    """The text itself, where it is an address that a manifest can hold."""
    if not re.fullmatch(r"https://[\w.-]+(?::\d+)?(?:/[\w./~%?=&#+-]*)?", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r} is no address that begins with https://")
    return text


def extension_tool() -> list[str] | None:
    """The command line of Blender's own extension tool, from the bpy module or from a Blender; None where there is neither."""
    spec = importlib.util.find_spec("bpy")
    if spec is not None:
        return [sys.executable, str(next(Path(spec.origin).parent.rglob("bl_pkg/cli/blender_ext.py")))]
    blender = os.environ.get("BLENDER") or shutil.which("blender")
    return [blender, "--command", "extension"] if blender else None


def objections(path: Path) -> list[str]:
    """What is wrong with a zip, a sentence each."""
    size = path.stat().st_size
    found = [f"{path} has {size / 2**20:.1f} MB, where {LARGEST / 2**20:.0f} is the most."] if size > LARGEST else []
    with zipfile.ZipFile(path) as file:
        names = set(file.namelist())
    found += [f"{path} lacks {name}." for name in NEEDED if name not in names]
    own = sorted(names - set(NEEDED))
    strange = [name for name in own if name.split("/")[0] in ("tests", "scripts", "docs", "output") or "/." in name]
    return found + [f"{path} holds {name}, which belongs to development." for name in strange[:5]]


if __name__ == "__main__":
    sys.exit(main())
