"""Run by an interpreter in question, as a script: runs pip with the arguments that follow, its own or the one that comes with
ensurepip, which is not installed for that.

    python -I -B run_pip.py install …

Standard library only.
"""

import glob
import importlib.util
import os
import runpy
import sys
import sysconfig


def bundled():
    """The paths of the pip wheels that come with this interpreter; none where its ensurepip was taken out."""
    spec = importlib.util.find_spec("ensurepip")
    folders = [sysconfig.get_config_var("WHEEL_PKG_DIR")]
    folders += [os.path.join(place, "_bundled") for place in spec.submodule_search_locations] if spec else []
    return [path for folder in folders if folder for path in sorted(glob.glob(os.path.join(folder, "pip-*.whl")))]


def main():
    if importlib.util.find_spec("pip") is None:
        found = bundled()
        if not found:
            sys.exit("No module named pip")
        sys.path.insert(0, found[-1])
    sys.argv[0] = "pip"
    runpy.run_module("pip", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
