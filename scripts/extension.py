"""What `scripts/build_extension` does: the zip, checked, and beside it index.json, by Blender's own tool from the bpy wheel."""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LARGEST = 60 * 2**20
# Without these the installed extension could not do its work.
NEEDED = (
    "__init__.py", "blender_manifest.toml", "LICENSE", "requirements/engine.txt", "mav3d_blender/registration.py",
    "engine/server/serve.py", "engine/models/primitives/vocabulary.json",
    *(f"engine/models/primitives/{role}/unet/diffusion_pytorch_model.safetensors" for role in ("image", "video", "upscale")),
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/build_extension", description="Builds the Blender extension.")
    parser.add_argument("--output", type=Path, required=True, help="the folder for the zip and index.json")
    output = parser.parse_args().output.resolve()
    output.mkdir(parents=True, exist_ok=True)
    tool = blender_ext()
    for command in (
        ["validate", str(ROOT)],
        ["build", "--source-dir", str(ROOT), "--output-dir", str(output)],
    ):
        code = subprocess.run([sys.executable, str(tool), *command], cwd=ROOT).returncode
        if code:
            return code
    path = max(output.glob("mav3d-*.zip"), key=lambda each: each.stat().st_mtime)
    wrong = objections(path)
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        path.unlink()
        return 1
    for command in (["validate", str(path)], ["server-generate", "--repo-dir", str(output)]):
        code = subprocess.run([sys.executable, str(tool), *command], cwd=ROOT).returncode
        if code:
            return code
    print(f"Extension: {path} ({path.stat().st_size / 2**20:.1f} MB); repository: {output / 'index.json'}")
    return 0


def blender_ext() -> Path:
    """Blender's own extension tool, which runs without Blender."""
    spec = importlib.util.find_spec("bpy")
    folder = Path(spec.origin).parent
    return next(folder.rglob("bl_pkg/cli/blender_ext.py"))


def objections(path: Path) -> list[str]:
    """What is wrong with a zip, a sentence each."""
    size = path.stat().st_size
    found = [f"{path} has {size / 2**20:.1f} MB, where {LARGEST / 2**20:.0f} is the most."] if size > LARGEST else []
    with zipfile.ZipFile(path) as file:
        names = set(file.namelist())
    found += [f"{path} lacks {name}." for name in NEEDED if name not in names]
    strange = sorted(name for name in names if name.split("/")[0] in ("tests", "scripts", "docs", "output") or "/." in name)
    return found + [f"{path} holds {name}, which belongs to development." for name in strange[:5]]


if __name__ == "__main__":
    sys.exit(main())
