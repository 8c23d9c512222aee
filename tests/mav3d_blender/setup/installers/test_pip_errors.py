"""What uv, pip and the system print when they fail, and the sentence made of it."""

import pytest

from mav3d_blender.setup.installers.pip_errors import explain

RETRY = "WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after connection broken by "
NONE = (
    "ERROR: Could not find a version that satisfies the requirement torch==2.13.0 (from versions: none)\n"
    "ERROR: No matching distribution found for torch==2.13.0\n"
)
NO_SOLUTION = (
    "error: No solution found when resolving dependencies\n  cause: Because {}, we can conclude that your requirements are "
    "unsatisfiable.\n"
)


def uv_says(address: str, *causes: str) -> str:
    """What uv prints when it gives up."""
    chain = (f"Failed to fetch: {address}", f"error sending request for url ({address})", *causes)
    return "".join(("error: Request failed after 1 retry in 1.6s\n", *(f"  cause: {cause}\n" for cause in chain)))


CASES = {
    "dns": (
        RETRY + "'NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection object at 0x7f25>: Failed to establish "
        "a new connection: [Errno -2] Name or service not known')': /simple/torch/\n" + NONE,
        "check the network connection",
    ),
    "dns on Windows": (
        RETRY + "'NameResolutionError(\"Failed to resolve 'pypi.org' ([Errno 11001] getaddrinfo failed)\")'\n" + NONE,
        "online",
    ),
    "refused": (
        RETRY + "'NewConnectionError('<HTTPSConnection object>: Failed to establish a new connection: [Errno 111] Connection "
        "refused')': /simple/torch/\n" + NONE,
        "pypi.org can't be reached",
    ),
    "refused by one of two": (
        "Looking in indexes: https://pypi.org/simple, https://me:secret@mirror.example:8443/whl/cpu\n" + RETRY + "'NewConn"
        "ectionError('<HTTPSConnection object>: Failed to establish a new connection: [Errno 111] Connection refused')': "
        "/whl/cpu/torch/\nERROR: Could not find a version that satisfies the requirement torch==2.13.0+cpu (from versions: "
        "2.11.0, 2.13.0)\n",
        "mirror.example:8443 can't be reached",
    ),
    "swallowed": (
        RETRY + "'ConnectTimeoutError(<HTTPSConnection object>, 'Connection to download.pytorch.org timed out. (connect "
        "timeout=15.0)')': /whl/cpu/torch/\nERROR: Could not find a version that satisfies the requirement torch==2.13.0+cpu "
        "(from versions: 2.11.0, 2.13.0)\n",
        "download.pytorch.org does not answer",
    ),
    "silent": (
        RETRY + "'ReadTimeoutError(\"HTTPConnectionPool(host='mirror.example', port=8080): Read timed out. (read timeout=15.0)"
        "\")': /simple/torch/\n" + NONE,
        "mirror.example:8080 does not answer",
    ),
    "answered at last": (
        "WARNING: Retrying (Retry(total=1, connect=None, read=None, redirect=None, status=None)) after connection broken by "
        "'ReadTimeoutError(\"HTTPConnectionPool(host='mirror.example', port=8080): Read timed out.\")': /simple/torch/\n"
        "ERROR: Could not find a version that satisfies the requirement torch==2.13.0 (from versions: 2.1.0)\n",
        "no version of it for this Python",
    ),
    "proxy": (
        RETRY + "'ProxyError('Cannot connect to proxy.', NewConnectionError('<HTTPSConnection object>: Failed to establish a "
        "new connection: [Errno 111] Connection refused'))': /simple/torch/\n" + NONE,
        "proxy",
    ),
    "ssl": (
        "Could not fetch URL https://pypi.org/simple/torch/: There was a problem confirming the ssl certificate: "
        "HTTPSConnectionPool(host='pypi.org', port=443): Max retries exceeded with url: /simple/torch/ (Caused by "
        "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed "
        "certificate in certificate chain (_ssl.c:1006)'))) - skipping\n" + NONE,
        "pypi.org is not trusted",
    ),
    "timeout": (
        "ERROR: Exception:\npip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPSConnectionPool("
        "host='files.pythonhosted.org', port=443): Read timed out.\n",
        "files.pythonhosted.org broke off: install again, which goes on from what is there",
    ),
    "another version": (
        "ERROR: Ignored the following versions that require a different python version: 1.18.0 Requires-Python >=3.12\n"
        "ERROR: Could not find a version that satisfies the requirement scipy==1.17.1 (from versions: 1.7.2, 1.7.3)\n"
        "ERROR: No matching distribution found for scipy==1.17.1\n",
        "no version of it for this Python",
    ),
    "none at all": (NONE, "torch was not found"),
    "disk": (
        "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n",
        "disk is full",
    ),
    "disk on Windows": (
        "ERROR: Could not install packages due to an OSError: [WinError 112] Espace insuffisant sur le disque\n",
        "disk is full",
    ),
    "permission": (
        "ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: '/opt/engine/lib'\nCheck the "
        "permissions.\n",
        "can't be written to",
    ),
    "long path": (
        "ERROR: Could not install packages due to an OSError: [Errno 2] No such file or directory: 'C:\\\\Users\\\\a\\\\very'\n"
        "HINT: This error might have occurred since this system does not have Windows Long Path support enabled.\n",
        "short path",
    ),
    "in use": (
        "ERROR: Could not install packages due to an OSError: [WinError 32] The process cannot access the file because it is "
        "being used by another process: 'C:\\\\mav3d\\\\torch_cpu.dll'\nCheck the permissions.\n",
        "virus scanner",
    ),
    "held": ("ERROR: Could not install packages due to an OSError: [WinError 5] Accès refusé: 'x.pyd'\n", "virus scanner"),
    "hash": (
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated the package versions, "
        "please update the hashes.\n    torch==2.13.0 from https://files.pythonhosted.org/torch.whl:\n",
        "damaged",
    ),
    "password": ("ERROR: HTTP error 403 while getting https://mirror.example/torch.whl\n", "refuses access"),
    "constraint": (
        "ERROR: Cannot install torch==2.13.0 because these package versions have conflicting dependencies.\n"
        "ERROR: ResolutionImpossible: for help visit https://pip.pypa.io\n",
        "PIP_CONSTRAINT",
    ),
    "no venv": (
        "The virtual environment was not created successfully because ensurepip is not\navailable.  On Debian/Ubuntu systems, "
        "you need to install the python3-venv\npackage using the following command.\n\n    apt install python3.11-venv\n",
        "venv package",
    ),
    "venv without ensurepip": (
        "Error: Command '['/x/python3', '-m', 'ensurepip', '--upgrade', '--default-pip']' returned non-zero exit status 1.\n",
        "venv package",
    ),
    "uv: dns": (
        uv_says("https://mirror.example/simple/torch/", "dns error", "failed to lookup address information: not known"),
        "mirror.example was not found: check the network connection",
    ),
    "uv: refused": (
        uv_says("http://127.0.0.1:8123/simple/torch/", "tcp connect error", "Connection refused (os error 111)"),
        "127.0.0.1:8123 can't be reached",
    ),
    "uv: silent": (
        uv_says("https://me:secret@mirror.example:8443/simple/torch/", "operation timed out"),
        "mirror.example:8443 does not answer",
    ),
    "uv: proxy": (
        uv_says(
            "https://pypi.org/simple/torch/", "tunnel error: failed to create underlying connection", "tcp connect error",
            "Connection refused (os error 111)",
        ),
        "proxy does not let",
    ),
    "uv: ssl": (
        uv_says("https://pypi.org/simple/six/", "client error (Connect)", "invalid peer certificate: UnknownIssuer"),
        "pypi.org is not trusted",
    ),
    "uv: out of order": (
        uv_says("https://mirror.example/simple/torch/", "HTTP status server error (500 Internal Server Error) for url"),
        "mirror.example is out of order",
    ),
    "uv: password": (
        NO_SOLUTION.format("torch was not found in the package registry and you require torch")
        + "\nhint: An index URL (http://mirror.example/simple) could not be queried due to a lack of valid authentication "
        "credentials (401 Unauthorized)\n",
        "refuses access",
    ),
    "uv: none at all": (
        NO_SOLUTION.format("nothing-like-it was not found in the package registry and you require nothing-like-it==1"),
        "nothing-like-it was not found",
    ),
    "uv: not among the files": (
        NO_SOLUTION.format("little was not found in the provided package locations and you require little==1.6"),
        "little was not found",
    ),
    "uv: another version": (
        NO_SOLUTION.format("there is no version of scipy==99 and you require scipy==99"),
        "The index has scipy, but no version of it for this Python",
    ),
    "uv: older versions": (
        NO_SOLUTION.format("only torch<=2.12.0 is available and you require torch==2.13.0"),
        "The index has torch, but no version",
    ),
    "uv: no wheel": (
        NO_SOLUTION.format("docopt==0.6.2 has no usable wheels and you require docopt==0.6.2"),
        "The index has docopt, but no version",
    ),
    "uv: conflict": (
        NO_SOLUTION.format("gpytoolbox>=0.3.8 depends on numpy>=1.22.4,<=2.4.6 and you require gpytoolbox==0.3.8"),
        "don't go together",
    ),
    "uv: Python": (
        "error: Request failed after 2 retries in 4.9s\n  cause: Failed to download `https://github.com/astral-sh/python-build-"
        "standalone/releases/download/20261110/cpython-3.11.18%2B20261110-x86_64-unknown-linux-gnu-install_only_stripped.tar.gz`"
        "\n  cause: client error (Connect)\n  cause: dns error\n",
        "github.com, where Python itself comes from, can't be reached",
    ),
    "uv: disk": ("error: Failed to install: torch.whl\n  cause: No space left on device (os error 28)\n", "disk is full"),
    "uv: permission": ("error: failed to create directory `/opt/x`: Permission denied (os error 13)\n", "can't be written to"),
    "memory": ("ERROR: Exception:\nTraceback (most recent call last):\nMemoryError\n", "memory ran out"),
}


@pytest.mark.parametrize("case", CASES)
def test_known_failures_say_what_to_do(case):
    text, words = CASES[case]
    sentence = explain("Collecting torch==2.13.0\n" + text, 1)
    assert words in sentence
    assert "\n" not in sentence and sentence.endswith(".")


def test_a_proxy_that_refuses_the_tunnel():
    assert "proxy" in explain(RETRY + "'ProxyError('Unable to connect to proxy', OSError('Tunnel connection failed: 407'))'", 1)


def test_killed_by_the_system_and_ended_from_outside():
    assert "memory" in explain("Collecting torch", -9)
    assert "from outside" in explain("Collecting torch", -15)
    assert "from outside" in explain("Collecting torch", 0xC000013A)


def test_what_is_not_known_is_quoted():
    assert "strange thing" in explain("Collecting torch\nERROR: a strange thing\n", 1)
    assert explain("", 1).startswith("The installation failed (no message)")


def test_a_full_disk_outranks_the_retry_before_it():
    text = RETRY + "'ReadTimeoutError(\"Read timed out.\")'\nOSError: [Errno 28] No space left on device"
    assert "disk is full" in explain(text, 1)
