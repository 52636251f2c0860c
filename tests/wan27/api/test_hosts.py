"""The host and the key that a Run uses, and the error without a key."""

from __future__ import annotations

import pytest

from wan27.api.addresses import is_loopback
from wan27.api.hosts import HOSTS, SIMULATOR
from wan27.api.key import choose_account
from wan27.errors import InvalidSetting, MissingKey

WORKSPACE = "https://ws1.ap-southeast-1.maas.aliyuncs.com"


def test_alibaba_and_the_simulator_document_that_failed_tasks_are_free():
    """JieKou, Novita and PPIO do not say."""
    assert [False] * 3 + [True] * 2 == [host.failures_are_free for host in HOSTS]
    assert SIMULATOR.failures_are_free


def choose(**settings):
    return choose_account(settings.get)


@pytest.mark.parametrize(
    ("settings", "name", "base_url"),
    [
        ({"JIEKOU_API_KEY": "k"}, "jiekou", "https://api.jiekou.ai"),
        ({"NOVITA_API_KEY": "k"}, "novita", "https://api.novita.ai"),
        ({"PPIO_API_KEY": "k"}, "ppio", "https://api.ppio.com"),
        ({"PPIO_API_KEY": "k", "NOVITA_API_KEY": "k"}, "novita", "https://api.novita.ai"),
        (
            {"PPIO_API_KEY": "k", "NOVITA_API_KEY": "k", "WAN27_HOST": " PPIO "},
            "ppio",
            "https://api.ppio.com",
        ),
        (
            {"NOVITA_API_KEY": "k", "WAN27_BASE_URL": "http://127.0.0.1:8000/"},
            "novita",
            "http://127.0.0.1:8000",
        ),
        ({"DASHSCOPE_API_KEY": "k"}, "alibaba", "https://dashscope-intl.aliyuncs.com"),
        (
            {"DASHSCOPE_API_KEY": "k", "WAN27_HOST": "alibaba-cn"},
            "alibaba-cn",
            "https://dashscope.aliyuncs.com",
        ),
        (  # a workspace
            {"DASHSCOPE_API_KEY": "k", "WAN27_BASE_URL": f"{WORKSPACE}/"},
            "alibaba",
            WORKSPACE,
        ),
        (  # with the path that the host's own Python package wants, and a key of another host
            {
                "DASHSCOPE_API_KEY": "k",
                "NOVITA_API_KEY": "k",
                "WAN27_BASE_URL": "https://dashscope-intl.aliyuncs.com/api/v1",
            },
            "alibaba",
            "https://dashscope-intl.aliyuncs.com",
        ),
        (  # the address says more than the name about region, price and key
            {
                "DASHSCOPE_API_KEY": "k",
                "WAN27_HOST": "alibaba",
                "WAN27_BASE_URL": WORKSPACE.replace("ap-southeast-1", "cn-beijing"),
            },
            "alibaba-cn",
            WORKSPACE.replace("ap-southeast-1", "cn-beijing"),
        ),
        ({"WAN27_HOST": "simulator"}, "simulator", ""),
        ({"WAN27_HOST": "simulator", "NOVITA_API_KEY": "k"}, "simulator", ""),
        (
            {"WAN27_HOST": "simulator", "WAN27_BASE_URL": "http://127.0.0.1:8788"},
            "simulator",
            "http://127.0.0.1:8788",
        ),
    ],
)
def test_the_host_is_the_named_one_or_the_first_with_a_key(settings, name, base_url):
    """Without WAN27_HOST the first that has a key; WAN27_BASE_URL replaces its URL."""
    account = choose(**settings)
    assert (name, base_url) == (account.host.name, account.host.base_url)


def test_another_base_url_is_another_host_for_the_journal():
    """A task that was bought through a gateway is not a task of the host itself."""
    assert "novita" == choose(NOVITA_API_KEY="k").host_id
    assert (
        "https://gateway.example"
        == choose(NOVITA_API_KEY="k", WAN27_BASE_URL="https://gateway.example/").host_id
    )


def test_a_key_of_another_host_does_not_go_to_a_known_address():
    """The address is Alibaba's, and only its key belongs there."""
    with pytest.raises(MissingKey, match="for Alibaba, so nothing was sent"):
        choose(NOVITA_API_KEY="k", WAN27_BASE_URL=WORKSPACE)


def test_the_error_without_a_key_says_how_to_give_one():
    """The three ways, the file's form, where to create one, and how to try without: in the log."""
    with pytest.raises(MissingKey) as raised:
        choose()
    for part in (
        "JIEKOU_API_KEY or NOVITA_API_KEY or PPIO_API_KEY or DASHSCOPE_API_KEY in",
        "(1)",
        "(2)",
        "(3)",
        "credentials.json",
        "WAN27_HOST=simulator",
    ):
        assert part in raised.value.log_hint
        assert part not in str(raised.value)


def test_a_key_of_another_host_does_not_count():
    """A named host needs its own key."""
    with pytest.raises(MissingKey, match="No API key is set for PPIO, so nothing was sent"):
        choose(WAN27_HOST="ppio", NOVITA_API_KEY="k")


@pytest.mark.parametrize(
    "settings",
    [
        {"WAN27_HOST": "nowhere"},
        {"NOVITA_API_KEY": "k", "WAN27_BASE_URL": "api.example"},
        {"NOVITA_API_KEY": "k", "WAN27_BASE_URL": "https://a/?b"},
        {"NOVITA_API_KEY": "k", "WAN27_BASE_URL": "https://a:99999"},
        {"NOVITA_API_KEY": "k", "WAN27_BASE_URL": "https://[::1"},
        {"NOVITA_API_KEY": "k", "WAN27_BASE_URL": "https://user:hunter2@a"},
    ],
)
def test_an_invalid_setting_is_named(settings):
    """By its label, with its form, and without a password in its value."""
    with pytest.raises(InvalidSetting, match='The setting "(Host|API address)" is') as raised:
        choose(**settings)
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    "address",
    [
        "http://api.example.com",
        "http://203.0.113.9:8000",
        "http://local.example",
        "http://[2001:db8::1]",
    ],
)
def test_a_key_does_not_travel_in_clear_over_the_internet(address):
    """Over http another machine is reached only where its name or number is private."""
    with pytest.raises(InvalidSetting, match="Use https"):
        choose(NOVITA_API_KEY="k", WAN27_BASE_URL=address)


@pytest.mark.parametrize(
    "address",
    [
        "http://192.168.1.9",
        "http://10.1.2.3:80",
        "http://[fd00::1]",
        "http://gpu",
        "http://nas.local",
    ],
)
def test_a_private_address_may_be_reached_over_http(address):
    """A gateway of one's own network has no certificate."""
    assert address == choose(NOVITA_API_KEY="k", WAN27_BASE_URL=address).host_id


def test_the_simulator_is_this_machine():
    """What is said to be free must not go to a gateway that charges."""
    with pytest.raises(InvalidSetting, match="Unset one of the two"):
        choose(WAN27_HOST="simulator", WAN27_BASE_URL="https://gateway.example")


def test_loopback_is_recognized_by_name_and_number():
    """In any spelling. There is no lookup: another name of this machine does not count."""
    assert [True] * 6 + [False] * 3 == [
        is_loopback(url)
        for url in (
            "http://127.0.0.1:1",
            "http://127.1/x",
            "http://[::1]/x",
            "http://[::ffff:127.0.0.1]",
            "http://localhost",
            "http://LOCALHOST.:80",
            "http://10.0.0.1",
            "https://api.novita.ai",
            "http://localhost.example",
        )
    ]
    assert not SIMULATOR.is_local
