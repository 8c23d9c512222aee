from dataclasses import replace
from pathlib import Path

from mav3d_blender.controller.disk_use import LOOK_EVERY, DiskUse
from mav3d_blender.jobs.store import JobStore


def looked(use: DiskUse, store: JobStore, now: float) -> bool:
    """Whether a look began at `now`; waits for it."""
    use.poll(store, now)
    if use._look is None:
        return False
    use._look.wait()
    assert use.poll(store, now)
    return True


def test_it_looks_where_jobs_change_and_now_and_then_while_one_is_active(tmp_path):
    store, use = JobStore(tmp_path), DiskUse()
    assert looked(use, store, 0.0) and use.total([]) == 0
    job = store.new({"prompt": "a ball"}, {})
    (Path(job.folder) / "state").write_bytes(b"x" * 5000)
    assert looked(use, store, 1.0) and use.total([job.id]) == 5000
    assert not looked(use, store, 2.0)
    (Path(job.folder) / "more").write_bytes(b"x" * 1000)
    assert looked(use, store, 1.0 + LOOK_EVERY) and use.total([job.id, "gone"]) == 6000
    store.put(replace(job, state="DONE"))
    assert looked(use, store, 2.0 + LOOK_EVERY) and not looked(use, store, 100.0)
