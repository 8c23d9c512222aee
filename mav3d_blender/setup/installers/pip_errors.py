"""What uv, pip, venv and torch say when they fail, turned into one sentence that says what to do."""

from __future__ import annotations

import re

from ..packages import hosts
from ..packages.requirements import PYTHON_RANGE

_MIRROR = "or name a package index that answers under Advanced in the preferences of MAV3D"
# All attempts at one page of an index have failed: pip then looks in the others and says that there is no such version, and uv
# gives up with a chain of causes.
_LAST_TRY = r"(?:Retry\(total=0,[^\n]*|Failed to (?:fetch|download)[\s\S]*)"

# In the order of trust: what is near the top is named by the system itself, what is below may follow from something else.
_KNOWN: tuple[tuple[str, str], ...] = (
    (
        r"No space left on device|Errno 28\b|ENOSPC|WinError 112\b|not enough space on the disk|Disk quota exceeded"
        r"|Errno 122\b|os error 28\b",
        "The disk is full: make room, or choose another folder, and install again.",
    ),
    (
        r"THESE PACKAGES DO NOT MATCH THE HASHES|Hash mismatch|HashMismatch|hashes are required|BadZipFile|invalid wheel"
        r"|IncompleteRead|IncompleteDownload|Wheel .* is invalid|Failed to extract|invalid Zip|Failed to unzip",
        "A download came damaged: install again; if it stays so, empty pip's cache (`python -m pip cache purge`).",
    ),
    (
        r"WinError 206\b|filename or extension is too long|Errno 36\b|File name too long|Windows Long Path",
        "A path became too long for Windows: choose a folder with a short path (such as C:\\mav3d), or allow long paths.",
    ),
    (
        r"WinError 32\b|being used by another process|WinError 5\b",
        "Another program holds the new files, most often a virus scanner: exclude the folder from its scan, close running "
        "engines, and install again.",
    ),
    (
        r"ensurepip is not\s+available|No module named '?(?:ensurepip|venv)|ensurepip.*returned non-zero exit status",
        "This Python can't make environments: install its venv package (`sudo apt install python3-venv`), or choose another.",
    ),
    (
        r"Permission denied|Errno 13\b|Access is denied|Read-only file system|Errno 30\b",
        "The folder can't be written to: choose a folder of your own.",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|SSLCertVerificationError|SSLError|certificate verify failed|self[- ]signed certificate"
        r"|invalid path: .*\.(?:pem|crt)|CA certificate|invalid peer certificate|InvalidContentType",
        "The connection to {host} is not trusted (SSL): correct the computer's clock, name your company's certificate in "
        f"PIP_CERT, {_MIRROR}.",
    ),
    (
        r"ProxyError|Cannot connect to proxy|407 Proxy Authentication|Tunnel connection failed|tunnel error"
        r"|Missing dependencies for SOCKS",
        "The proxy does not let the download through: check HTTPS_PROXY, or pip's own proxy setting.",
    ),
    (
        r"401 (?:Client )?Error|403 (?:Client )?Error|HTTP error 40[13]\b|User for .*:|401 Unauthorized|403 Forbidden",
        "The package index refuses access: check its address and password in pip's settings.",
    ),
    (
        r"Failed to download `?https?://\S*cpython-",
        "{host}, where Python itself comes from, can't be reached: let it through, or install Python 3.11 from python.org, and "
        "install again.",
    ),
    (
        r"No interpreter found for Python|No download found for request",
        "There is no Python of its own for this system: install Python 3.11 from python.org, then install again.",
    ),
    (
        r"ResolutionImpossible|conflicting dependencies|conflict is caused by",
        "The packages ask for versions that don't go together: look for a constraint in pip's settings (PIP_CONSTRAINT).",
    ),
    (
        _LAST_TRY + r"(?:Name or service not known|getaddrinfo|nodename nor|name resolution|NameResolution|Failed to resolve"
        r"|dns error)",
        "{host} was not found: check the network connection (and that Blender may go online), then install again, "
        f"{_MIRROR}.",
    ),
    (
        _LAST_TRY + r"(?:[Tt]imed out|Timeout)",
        "{host} does not answer: check the network connection, the firewall and the proxy (HTTPS_PROXY), then install again, "
        f"{_MIRROR}.",
    ),
    (
        _LAST_TRY + r"(?:NewConnectionError|Connection refused|unreachable|No route|Connection (?:reset|aborted))",
        "{host} can't be reached: check the network connection, the firewall and the proxy (HTTPS_PROXY), then install again, "
        f"{_MIRROR}.",
    ),
    (
        r"from versions: (?!none)[^)]*\)|there is no version of|has no (?:usable )?wheels|Because only \S+ is available",
        f"The index has {{name}}, but no version of it for this Python and this system: use Python {PYTHON_RANGE} (64-bit).",
    ),
    (
        r"Name or service not known|getaddrinfo failed|nodename nor servname|Temporary failure in name resolution"
        r"|NameResolutionError|Errno -[23]\b|Errno 11001\b",
        "{host} was not found: check the network connection (and that Blender may go online), then install again.",
    ),
    (
        r"ReadTimeout|ConnectTimeout|Read timed out|timed out|Connection reset|ConnectionResetError|WinError 1005[34]\b"
        r"|Connection aborted|RemoteDisconnected|ProtocolError",
        "The connection to {host} broke off: install again, which goes on from what is there.",
    ),
    (
        r"NewConnectionError|Connection refused|Network is unreachable|No route to host|Errno 101\b|WinError 1006[015]\b"
        r"|Max retries",
        "{host} can't be reached: check the network connection and the firewall, then install again.",
    ),
    (
        r"from versions: none|No matching distribution found|was not found in the (?:provided )?package",
        "{name} was not found: check the network connection, and that this Python (needs "
        f"{PYTHON_RANGE}, 64-bit) and this system are ones it is made for.",
    ),
    (
        r"your requirements are unsatisfiable",
        "The packages ask for versions that don't go together: look for a constraint in uv's or pip's settings.",
    ),
    (
        r"HTTP status server error",
        "{host} is out of order: try again later, which goes on from what is there.",
    ),
    (r"MemoryError|Cannot allocate memory|Errno 12\b", "The memory ran out: close other programs and install again."),
    (r"No module named pip\b", "The environment has no pip: remove it and install again, with another Python if this repeats."),
    (
        r"no such option|unrecognized arguments|invalid choice|unexpected argument",
        "The installer does not know one of its arguments: look at the log.",
    ),
)
_NAME = re.compile(
    r"(?:No matching distribution found for|satisfies the requirement|no version of|Because only|Because(?! there| only))"
    r" ([A-Za-z0-9_-][A-Za-z0-9._-]*)"
)
_KILLED = (-9, 137)


def explain(text: str, code: int | None) -> str:
    """Why a step failed, one sentence. text: what it printed; code: its exit status, negative where a signal ended it."""
    if code in _KILLED:
        return "The system ended the installation, most often for want of memory: close other programs and install again."
    if code is not None and (code < 0 or code in (0xC000013A, 0x40010004)):
        return "The installation was ended from outside: install again, which goes on from what is there."
    for pattern, sentence in _KNOWN:
        if re.search(pattern, text, re.IGNORECASE):
            name = _NAME.search(text)
            host = hosts.silent(text) or "the package index"
            filled = sentence.format(name=name.group(1) if name else "A package", host=host)
            return filled.replace("the ", "The ", 1) if filled.startswith("the ") else filled
    errors = [line.strip() for line in text.splitlines() if re.match(r"\s*(?:ERROR|error)\b", line)]
    last = errors[-1].removeprefix("ERROR:").strip() if errors else next(reversed(text.strip().splitlines()), "no message")
    return f"The installation failed ({last[:200]}): look at the log."
