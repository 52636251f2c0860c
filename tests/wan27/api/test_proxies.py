"""A proxy setting counts where it is needed, in every form that people use, or is named."""

from __future__ import annotations

import sys
import urllib.request

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wan27.api import proxies
from wan27.api.proxies import Proxies, is_exception
from wan27.errors import InvalidSetting

API = "https://api.novita.ai/v3"
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture
def choose(monkeypatch):
    """Choose the proxy of a URL with these variables and no others."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)

    def choose(url=API, **variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return Proxies.of_environment().choose(httpx.URL(url))

    return choose


@pytest.fixture
def socks(monkeypatch, tmp_path):
    """Say that the package for SOCKS is there, or not."""

    def pretend(is_there):
        folder = tmp_path / str(is_there)
        (folder / ("socksio" if is_there else "other")).mkdir(parents=True)
        monkeypatch.setattr(sys, "path", [str(folder)])

    return pretend


@pytest.mark.parametrize(
    ("value", "url", "login"),
    [
        ("http://proxy:8080", "http://proxy:8080", None),
        ("http://proxy", "http://proxy", None),
        ("http://proxy:8080/", "http://proxy:8080", None),
        ("proxy:8080", "http://proxy:8080", None),
        ("10.0.0.1:3128", "http://10.0.0.1:3128", None),
        ("HTTP://Proxy:8080", "http://proxy:8080", None),
        (" 'http://proxy:8080' ", "http://proxy:8080", None),
        ("https://proxy:8443", "https://proxy:8443", None),
        ("http://[fd07::1]:8080", "http://[fd07::1]:8080", None),
        ("http://me:s3cret@proxy:8080", "http://proxy:8080", ("me", "s3cret")),
        ("http://me:a%40b%2Fc@proxy:8080", "http://proxy:8080", ("me", "a@b/c")),
        ("http://me:a@b/c#d?e:f@proxy:8080", "http://proxy:8080", ("me", "a@b/c#d?e:f")),
        ("http://me:100%@proxy:8080", "http://proxy:8080", ("me", "100%")),
        ("http://dom%5Cme:x@proxy:8080", "http://proxy:8080", ("dom\\me", "x")),
        ("me@proxy:8080", "http://proxy:8080", ("me", "")),
        ("http://:x@proxy:8080", "http://proxy:8080", ("", "x")),
    ],
)
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_a_proxy_is_read_in_every_usual_form(choose, variable, value, url, login):
    """With and without scheme, port, login and the escapes that a login should have."""
    found = choose(**{variable: value})
    assert (url, login) == (str(found.url).rstrip("/"), found.auth)


@pytest.mark.parametrize("scheme", ["socks", "socks5", "socks5h", "SOCKS5"])
def test_a_socks_proxy_is_used_where_its_package_is_there(choose, socks, scheme):
    """socks:// is what desktops write."""
    socks(is_there=True)
    assert "socks5://127.0.0.1:1080" == str(choose(ALL_PROXY=f"{scheme}://127.0.0.1:1080/").url)


@pytest.mark.parametrize("value", ["socks://127.0.0.1:1080", "socks5h://u:hunter2@127.0.0.1:1080"])
def test_a_socks_proxy_without_its_package_says_what_to_do(choose, socks, value):
    """The package, or another kind of proxy, or none for this host."""
    socks(is_there=False)
    with pytest.raises(InvalidSetting) as caught:
        choose(ALL_PROXY=value)
    message = str(caught.value)
    assert message.startswith(f"ALL_PROXY is '{value.replace('u:hunter2', '***')}', which needs")
    for each in ("pip install socksio", "set HTTPS_PROXY to http://", "add api.novita.ai to NO"):
        assert each in message


@pytest.mark.parametrize(
    "unneeded",
    [
        {"ALL_PROXY": "socks://127.0.0.1:1080", "HTTPS_PROXY": "http://proxy:8118"},
        {"ALL_PROXY": "nonsense://x", "https_proxy": "http://proxy:8118"},
        {"HTTP_PROXY": "http://[::1", "HTTPS_PROXY": "proxy:8118"},
        {"all_proxy": "http://a:b:c", "HTTPS_PROXY": "http://proxy:8118"},
    ],
)
def test_a_proxy_that_is_not_needed_does_not_matter(choose, unneeded):
    """The API is https, so HTTPS_PROXY decides."""
    assert "http://proxy:8118" == str(choose(**unneeded).url)


@pytest.mark.parametrize("value", ["http://[::1", "nonsense://p:1", "http://u:hunter2@p:99999"])
@pytest.mark.parametrize("exception", ["*", "novita.ai", "localhost, .novita.ai"])
def test_an_unusable_proxy_does_not_matter_to_an_exception(choose, value, exception):
    """Also where it could not be read."""
    assert choose(HTTPS_PROXY=value, NO_PROXY=exception) is None


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("http://u:hunter2@p:99999", "https_proxy is 'http://***@p:99999', which cannot be read"),
        ("http://u:hunter2@[::1", r"cannot be read"),
        ("http://p:port", "cannot be read"),
        ("u:hunter2", "https_proxy is 'u:***', which cannot be read"),
        ("socks4://p:1", "socks4:// proxies are not supported"),
        ("quic://p:1", "quic:// proxies are not supported"),
        ("file:///etc/proxy.pac", "cannot be read"),
    ],
)
def test_an_unusable_proxy_is_named_without_its_password(choose, value, says):
    """The variable as it is spelled, the value, and three ways out."""
    with pytest.raises(InvalidSetting) as caught:
        choose(https_proxy=value)
    message = str(caught.value)
    assert (True, False) == (says in message, "hunter2" in message)
    assert "add api.novita.ai to NO_PROXY" in message


def test_empty_variables_are_none(choose):
    """A desktop that switches a proxy off may leave them."""
    assert choose(HTTPS_PROXY="", ALL_PROXY=" ", NO_PROXY="") is None


def test_the_proxy_of_the_system_is_used(choose, monkeypatch):
    """As Windows' registry gives it, with the exceptions of the same dialog."""
    found = {"https": "http://winproxy:3128", "http": "http://winproxy:3128"}
    monkeypatch.setattr(urllib.request, "getproxies", lambda: found)
    monkeypatch.setattr(urllib.request, "proxy_bypass", lambda host: host == "intra.example")
    proxies._system_exception.cache_clear()
    assert "http://winproxy:3128" == str(choose().url)
    assert choose("https://intra.example") is None
    found["https"] = "socks9://x"
    with pytest.raises(InvalidSetting, match="^The proxy of the system is 'socks9://x'"):
        choose()


@pytest.mark.parametrize(
    "entries",
    [
        *("*", "novita.ai", ".novita.ai", "*.novita.ai", "*novita.ai", "api.novita.ai"),
        *("API.NOVITA.AI", "api.novita.ai.", "api.novita.ai:443", "https://api.novita.ai"),
        *("a.example,novita.ai", "a.example; novita.ai", "a.example novita.ai", " ,,novita.ai,"),
        *("::1/128,novita.ai", "fd07::/64,[::1],novita.ai", "'novita.ai'", "api.*.ai", "<x>,*"),
    ],
)
def test_a_name_is_an_exception(entries):
    """In every form that curl, Go, Python, Windows and people use."""
    assert is_exception(entries, "https", "api.novita.ai", 443)


@pytest.mark.parametrize(
    "entries",
    [
        *("", ",", ".", "ai.novita", "ovita.ai", "api.novita.ai:80", "http://api.novita.ai"),
        *("localhost,::1/128", "localhost,fd07::/64", "localhost,[::1]", "127.0.0.0/8,::1"),
        *("*.local,.internal", "<local>", "fd07::/640", "10.0.0.0/99", "[::1", "a b@c", "xapi.*"),
    ],
)
def test_another_name_is_none(entries):
    """Whatever cannot be read names nothing, and raises nothing."""
    assert not is_exception(entries, "https", "api.novita.ai", 443)


@pytest.mark.parametrize(
    ("entry", "host"),
    [
        ("127.0.0.0/8", "127.0.0.1"),
        ("10.0.0.0/255.0.0.0", "10.1.2.3"),
        ("10.1.2.3/8", "10.9.9.9"),
        ("192.168.*", "192.168.7.1"),
        ("192.168.7.1:8188", "192.168.7.1"),
        ("fd07::/64", "fd07::5"),
        ("[fd07::]/64", "fd07::5"),
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("[::1]:8188", "::1"),
        ("<local>", "workstation"),
    ],
)
def test_an_address_or_network_is_an_exception(entry, host):
    """IPv6 with and without brackets and ports; a port counts."""
    assert is_exception(f"x.example,{entry}", "http", host, 8188)
    assert not is_exception(entry, "http", "198.51.100.7", 8188)
    if ":8188" in entry:
        assert not is_exception(entry, "http", host, 80)


def test_an_entry_that_cannot_be_read_is_named_in_the_log(caplog):
    """Once: it blocks nothing, and would be repeated with each request."""
    proxies._report.cache_clear()
    for _ in range(2):
        assert not is_exception("fd07::/640", "https", "api.novita.ai", 443)
    (message,) = caplog.messages
    assert "NO_PROXY has the entry 'fd07::/640'" in message


@given(st.text(st.characters(codec="ascii"), max_size=40))
def test_any_value_is_read_or_named(value):
    """No value raises anything but the one error."""
    try:
        found = Proxies({"all": value or "x"}, value).choose(httpx.URL(API))
    except InvalidSetting as error:
        assert str(error).startswith("The proxy of the system is")
    else:
        assert found is None or found.url.host
