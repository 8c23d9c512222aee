"""What in the environment can't lead to the hub is named."""

import pytest

from engine.contract.errors import ModelError
from engine.models.hub.environment import check_environment, check_token


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ALL_PROXY", "socks5://localhost:1080", "ALL_PROXY is a SOCKS proxy, which needs the package socksio"),
        ("https_proxy", "http://b\u00e4d:8080", "https_proxy has characters that no address has"),
        ("HTTPS_PROXY", "http://a b:8080", "HTTPS_PROXY has characters"),
        ("HTTP_PROXY", "ftp://host", "HTTP_PROXY is no proxy that can be used: give http://HOST:PORT"),
        ("HTTPS_PROXY", "http://host:port", "HTTPS_PROXY is no proxy"),
        ("SSL_CERT_FILE", "/nowhere/company.pem", "SSL_CERT_FILE names /nowhere/company.pem, which doesn't exist"),
        ("HF_ENDPOINT", "hub.example", "HF_ENDPOINT is 'hub.example': give an address that begins with https://"),
    ],
)
def test_a_variable_that_can_not_work_is_named(name, value, said):
    with pytest.raises(ModelError, match=said):
        check_environment({name: value}, has_socks=False)


def test_what_can_work_passes(tmp_path):
    (tmp_path / "company.pem").write_text("")
    check_environment(
        {
            "HTTPS_PROXY": "http://user:p%40ss@proxy:8080",
            "HTTP_PROXY": "proxy:3128",
            "ALL_PROXY": "socks5h://localhost:1080",
            "SSL_CERT_FILE": str(tmp_path / "company.pem"),
            "HF_ENDPOINT": "https://hub.example",
        },
        has_socks=True,
    )
    check_environment({})


@pytest.mark.parametrize("token", ["\u00e4\u00f6", "hf_a b", "hf_a\u200b", "hf_a\x7f"])
def test_a_token_with_odd_characters_is_refused_and_not_shown(token):
    with pytest.raises(ModelError, match="copy it again, whole") as raised:
        check_token(token)
    assert token not in str(raised.value)


@pytest.mark.parametrize("token", [None, "", "hf_AbC123"])
def test_no_token_and_a_token_pass(token):
    check_token(token)
