"""Run by the interpreter in question, as a script: says on stdout, one JSON object a line, what it is and what it has.

    python -I probe.py                          the interpreter only
    python -I probe.py '["torch", "numpy"]'     and the versions of these packages; torch, if named, is imported and tried

Standard library only, and grammar that Python 3.6 reads, so that an old Python can say that it is old.
"""

import importlib
import importlib.util
import json
import platform
import shutil
import sys
import sysconfig
import warnings


def interpreter():
    return {
        "version": list(sys.version_info[:3]),
        "implementation": platform.python_implementation(),
        "bits": 64 if sys.maxsize > 2**32 else 32,
        "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        "platform": sysconfig.get_platform(),
        "machine": platform.machine(),
        "base": getattr(sys, "_base_executable", sys.executable) if sys.prefix != sys.base_prefix else "",
        "venv": importlib.util.find_spec("venv") is not None,
        "ensurepip": importlib.util.find_spec("ensurepip") is not None,
    }


def versions(names):
    from importlib import metadata  # 3.8

    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found


def torch_state():
    """What torch is and which devices it can work on; "error" where it can't be imported."""
    try:
        # The one that is asked has torch; Blender never does.
        torch = importlib.import_module("torch")
    except BaseException as error:  # a broken DLL raises OSError, a broken package anything
        return {"error": f"{type(error).__name__}: {str(error).strip()[:600]}"}
    state = {"version": torch.__version__, "cuda_build": torch.version.cuda or torch.version.hip}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            if torch.cuda.is_available():
                properties = torch.cuda.get_device_properties(0)
                state["cuda"] = {"name": properties.name, "memory": properties.total_memory, "count": torch.cuda.device_count()}
                # A card that the build has no code for is listed all the same; only work shows it.
                (torch.ones(8, device="cuda") * 2).sum().item()
            elif torch.backends.mps.is_available():
                (torch.ones(8, device="mps") * 2).sum().item()
                state["mps"] = True
        except Exception as error:
            state["device_error"] = f"{type(error).__name__}: {str(error).strip()[:600]}"
    state["warnings"] = [str(warning.message).strip()[:600] for warning in caught][:3]
    state["nvidia"] = shutil.which("nvidia-smi") is not None
    return state


def say(name, value):
    sys.stdout.write(json.dumps({name: value}) + "\n")
    sys.stdout.flush()


def main():
    say("interpreter", interpreter())
    if len(sys.argv) > 1:
        names = json.loads(sys.argv[1])
        found = versions(names)
        say("packages", found)
        if found.get("torch"):
            say("torch", torch_state())


if __name__ == "__main__":
    main()
