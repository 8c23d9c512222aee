import pytest

from mav3d_blender.setup.packages.hosts import asked, indexes, retried, silent, words

LOOKING = (
    "Looking in indexes: https://me:secret@mirror.example:8443/simple, https://download.pytorch.org/whl/cpu\nCollecting torch\n"
)
RETRY = "WARNING: Retrying (Retry(total={}, connect=None)) after connection broken by '{}': {}\n"
TIMED_OUT = "ConnectTimeoutError(<x>, \"Connection to download.pytorch.org timed out. (connect timeout=15)\")"


def test_the_indexes_are_what_pip_says_or_pypi():
    assert indexes(LOOKING) == ["https://me:secret@mirror.example:8443/simple", "https://download.pytorch.org/whl/cpu"]
    assert indexes("Collecting torch") == ["https://pypi.org/simple"]


def test_hosts_in_words_without_passwords_and_each_once():
    assert asked(LOOKING) == "mirror.example:8443 or download.pytorch.org"
    assert words(["https://a.example/x", "https://a.example/y", "file:///wheels"]) == "a.example"
    assert words(["file:///wheels"]) == ""


@pytest.mark.parametrize(
    ("text", "host"),
    [
        (RETRY.format(0, TIMED_OUT, "/whl/cpu/torch/"), "download.pytorch.org"),
        (RETRY.format(0, "ReadTimeoutError(\"HTTPSConnectionPool(host='pypi.org', port=443)\")", "/a"), "pypi.org"),
        (RETRY.format(0, "NewConnectionError: Failed to resolve 'pypi.example'", "/simple/torch/"), "pypi.example"),
        # Older pips name no more than the page: it is of the index whose path it begins with.
        (LOOKING + RETRY.format(0, "ProtocolError", "/whl/cpu/torch/"), "download.pytorch.org"),
        (LOOKING + RETRY.format(0, "ProtocolError", "/simple/torch/"), "mirror.example:8443"),
        # uv's.
        ("error: Failed to fetch: `http://me:pw@127.0.0.1:8080/simple/torch/`", "127.0.0.1:8080"),
        ("error: Failed to download `https://pypi.org/a.whl`", "pypi.org"),
        ("everything went well", ""),
    ],
)
def test_the_host_that_did_not_answer(text, host):
    assert silent(text) == host


def test_a_retry_says_who_and_how_often_more():
    assert retried(RETRY.format(2, TIMED_OUT, "/whl/cpu/torch/")) == ("download.pytorch.org", 2)
    assert retried(RETRY.format(0, "ProtocolError", "/x")) == ("", 0) and retried("Collecting torch") is None
    # One that is asked again has not failed for good.
    assert silent(RETRY.format(1, "ProtocolError", "/whl/cpu/torch/")) == ""
