"""The options of `models`; apart from what it does, so that other commands need not import what that takes."""

from __future__ import annotations

import argparse


def add_models_options(parser: argparse.ArgumentParser) -> None:
    """Which of the four things to do, and with which models."""
    actions = parser.add_subparsers(required=True, metavar="ACTION", dest="action")
    of = "a folder, a hub id (owner/name or owner/name@revision) or a preset"
    shown = actions.add_parser("list", help="the models of each preset: on disk or not, size, licence, verified or not")
    check = actions.add_parser("check", help="whether models on this machine are whole")
    check.add_argument("sources", nargs="*", metavar="SOURCE", help=f"{of}; all that there are when left out")
    check.add_argument("--hashes", action="store_true", help="compare every file with what was fetched; takes a while")
    fetch = actions.add_parser("fetch", help="download models from the Hugging Face hub, or go on with a download")
    fetch.add_argument("sources", nargs="+", metavar="SOURCE", help="a hub id or a preset")
    for role in ("image", "video", "upscale"):
        fetch.add_argument(f"--{role}-model", default="", metavar="SOURCE", help="in place of the preset's own, as in generate")
    fetch.add_argument("--full-precision", action="store_true", help="fetch 32-bit weights even where there are 16-bit ones")
    remove = actions.add_parser("remove", help="delete fetched models, from the hub's cache that other programs use too")
    remove.add_argument("sources", nargs="+", metavar="SOURCE", help="a hub id")
    for action in (shown, check, fetch, remove):
        action.add_argument("--json", action="store_true", help="print messages of the protocol, one a line")
