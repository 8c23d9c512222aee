"""Inside a real Blender: goes through steps in a timer, and measures how long the window stands still meanwhile."""

import json
import os
import time
import traceback
from pathlib import Path

import bpy

BEAT = 0.02
SLOW = 0.25


class Beats:
    """Told every BEAT seconds, it knows how long the window stood still in between.

    gaps: seconds from beat to beat. own: the same without the time in which Blender, or the display's server, was ready to go
    on and waited for a processor that neither it nor the engine had: what else runs on the machine is no fault of the window's.
    slow: the gap, its own part and what was going on, of those whose own part is above SLOW.
    """

    def __init__(self) -> None:
        self.gaps: list[float] = []
        self.own: list[float] = []
        self.slow: list[list] = []
        self._engines: dict[int, float] = {}
        self._before: dict | None = None
        self._servers = display_servers()

    def beat(self, engine: int | None, *going_on: object) -> None:
        """engine: its process, which may change. going_on: words for `slow`."""
        before, now = self._before, self._look(engine)
        if before is not None:
            gap = now["clock"] - before["clock"]
            self.gaps.append(gap)
            self.own.append(gap - min(gap, waited(before, now) * others(before, now)))
            if self.own[-1] > SLOW:
                self.slow.append([round(gap, 2), round(self.own[-1], 2), *map(str, going_on)])
        # What was measured here is not part of the next.
        self._before = now | {"clock": time.monotonic()}

    def _look(self, engine: int | None) -> dict:
        if engine is not None:
            self._engines[engine] = seconds_of(engine) or self._engines.get(engine, 0.0)
        used = {"blender": time.process_time(), "engine": sum(self._engines.values()), "all": seconds_of_all()}
        waits = {
            "waited": waiting_times(os.getpid()),
            "display": sum(sum(waiting_times(server).values()) for server in self._servers),
        }
        return {"clock": time.monotonic(), **waits, **used}


def waiting_times(process: int) -> dict[int, float]:
    """Seconds that each of a process's threads has been ready to run without a processor; empty where Linux does not say."""
    times = {}
    for path in Path(f"/proc/{process}/task").glob("*/schedstat"):
        try:
            times[int(path.parent.name)] = int(path.read_text().split()[1]) / 1e9
        except (OSError, IndexError):
            continue  # the thread has ended
    return times


def display_servers() -> list[int]:
    """Processes that show windows on a screen, or on none."""
    servers = []
    for path in Path("/proc").glob("[0-9]*/comm"):
        try:
            if path.read_text().startswith(("Xvfb", "Xorg")):
                servers.append(int(path.parent.name))
        except OSError:
            continue  # it has ended
    return servers


def waited(before: dict, now: dict) -> float:
    """Seconds of waiting for a processor between two looks: of the main thread, of the one that waited longest of those that
    draw for it, and of the display's server."""
    times = {thread: end - before["waited"].get(thread, end) for thread, end in now["waited"].items()}
    main = times.pop(os.getpid(), 0.0)
    return main + max(times.values(), default=0.0) + now["display"] - before["display"]


def others(before: dict, now: dict) -> float:
    """The part of what kept the processors busy beside Blender that was not the engine, 0 to 1."""
    used = {name: now[name] - before[name] for name in ("blender", "engine", "all")}
    beside = used["all"] - used["blender"]
    return min(1.0, max(0.0, (beside - used["engine"]) / beside)) if beside > 0 else 0.0


def seconds_of(process: int) -> float:
    """Processor time of a process; 0 where it is gone."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def seconds_of_all() -> float:
    """Processor time of all programs together; 0 where there is no /proc."""
    try:
        user, nice, system, _, _, *interrupts = map(int, Path("/proc/stat").read_text().split("\n")[0].split()[1:8])
    except OSError:
        return 0.0
    return (user + nice + system + sum(interrupts)) / os.sysconf("SC_CLK_TCK")


def package() -> str:
    """The name of the add-on's package in this Blender."""
    addons = bpy.context.preferences.addons
    return next(addon.module for addon in addons if addon.module.endswith(".mav3d"))


def show_keyframes() -> None:
    """Has the timeline draw keyframes, the cube's: for its first ones ever the driver compiles a shader, which is Blender's to
    wait for and not ours."""
    bpy.data.objects["Cube"].keyframe_insert("location", frame=1)


def write(folder: Path, name: str, values: dict) -> None:
    """FOLDER/name, whole or not at all."""
    part = folder / f"{name}.part"
    part.write_text(json.dumps(values))
    part.rename(folder / name)


def go(steps, folder: Path, seen: dict) -> None:
    """Goes through a generator that yields the seconds until its next step; then writes FOLDER/seen.json and ends Blender."""

    def advance():
        try:
            return next(steps)
        except StopIteration:
            pass
        except Exception:
            seen["error"] = traceback.format_exc()
        write(folder, "seen.json", seen)
        bpy.ops.wm.quit_blender()
        return None

    bpy.context.preferences.view.show_splash = False
    bpy.app.timers.register(advance, first_interval=3.0, persistent=True)
