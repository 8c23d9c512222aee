"""The contact sheet of a batch: one HTML file with relative links, which works from a disk."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from engine.batch.board import Standing

# Seconds after which an open page looks again while something runs.
REFRESH = 20
MOVING = ("waiting", "running")
STYLE = """
:root { color-scheme: light dark; font: 14px/1.4 system-ui, sans-serif; }
body { margin: 1.5rem; }
h1 { font-size: 1.3rem; margin: 0 0 1rem; }
ul { list-style: none; padding: 0; display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(260px, 1fr)); }
li { border: 1px solid #8886; border-radius: 8px; overflow: hidden; content-visibility: auto;
  contain-intrinsic-size: 260px 280px; }
.shown { aspect-ratio: 2; background: #8882; display: block; }
.shown img, .shown video { width: 100%; height: 100%; object-fit: contain; display: block; }
.text { padding: .6rem .8rem; overflow-wrap: anywhere; }
h2 { font-size: 1rem; margin: 0; }
p, dl { margin: .3rem 0 0; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 0 .8rem; }
dd { margin: 0; }
b { font-weight: 600; }
.finished b { color: #2a8c3c; } .failed b, .refused b { color: #d0342c; } .running b, .stopped b { color: #b07400; }
"""
# A picture becomes its movie where it is pressed; without scripts the link opens the movie.
SCRIPT = """
document.addEventListener('click', event => {
  const link = event.target.closest('a.shown');
  if (!link || !link.querySelector('img')) return;
  event.preventDefault();
  const video = document.createElement('video');
  Object.assign(video, {src: link.href, loop: true, muted: true, autoplay: true, controls: true});
  link.replaceChildren(video);
});
"""


def sheet(standings: list[Standing], output: Path) -> str:
    """The page of a batch whose job folders are in `output`."""
    states = [each.state for each in standings]
    counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    refresh = f'<meta http-equiv="refresh" content="{REFRESH}">\n' if any(state in MOVING for state in states) else ""
    cards = "\n".join(_card(each, output) for each in standings)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"{refresh}<title>{len(standings)} jobs</title>\n<style>{STYLE}</style>\n"
        f"<h1>{len(standings)} jobs: {counts}</h1>\n<ul>\n{cards}\n</ul>\n<script>{SCRIPT}</script>\n</html>\n"
    )


def _card(job: Standing, output: Path) -> str:
    about = [] if job.seed is None else [f"seed {job.seed}"]
    if job.seconds:
        about.append(_duration(job.seconds))
    details = "".join(f"<dt>{escape(name)}</dt><dd>{escape(_figure(value))}</dd>" for name, value in job.figures.items())
    lines = [
        f"<h2>{escape(job.prompt) or 'no prompt'}</h2>",
        f"<p>{_link(job, output)}{''.join(f' · {each}' for each in about)}</p>",
        f"<p><b>{escape(job.state)}</b>{'. ' + escape(job.sentence) if job.sentence else ''}</p>",
        f"<details><summary>metrics</summary><dl>{details}</dl></details>" if details else "",
    ]
    return f'<li class="{escape(job.state)}">{_shown(job, output)}<div class="text">{"".join(lines)}</div></li>'


def _link(job: Standing, output: Path) -> str:
    name = escape(job.name)
    return f'<a href="{quote(job.name)}/">{name}</a>' if (output / job.name).is_dir() else name


def _shown(job: Standing, output: Path) -> str:
    """The asset's picture, which leads to its movie; of what is not finished, the newest preview."""
    asset = output / job.name / "asset"
    if job.state == "refused":
        return '<span class="shown"></span>'
    if (asset / "preview.png").is_file():
        picture = f'<img loading="lazy" alt="{escape(job.prompt, quote=True)}" src="{quote(job.name)}/asset/preview.png">'
        movie = "preview.mp4" if (asset / "preview.mp4").is_file() else "preview.png"
        return f'<a class="shown" href="{quote(job.name)}/asset/{movie}">{picture}</a>'
    previews = [path for path in (output / job.name / "previews").glob("*.png") if path.name != "metrics.png"]
    if not previews:
        return '<span class="shown"></span>'
    newest = max(previews, key=_time).name
    source = f"{quote(job.name)}/previews/{quote(newest)}"
    return f'<span class="shown"><img loading="lazy" alt="{escape(job.prompt, quote=True)}" src="{source}"></span>'


def _time(path: Path) -> float:
    """When a preview was made; one that has gone meanwhile is the oldest."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _figure(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
