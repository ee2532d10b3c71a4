"""Which addresses and URLs a request may go to."""

import pytest

from errors import OutboundFailed
from outbound import urls
from outbound.addresses import is_allowed, networks_of

PUBLIC = ("93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946")
FORBIDDEN = (
    "127.0.0.1", "127.8.9.1", "::1", "0.0.0.0", "0.1.2.3", "::",  # noqa: S104
    "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fd12:3456::1", "fc00::1",
    "169.254.169.254", "169.254.100.1", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "fec0::1",
    "100.64.0.1", "100.100.100.200", "100.127.255.255", "192.0.0.192", "198.18.0.1",
    "192.0.2.1", "198.51.100.1", "203.0.113.1", "240.0.0.1", "255.255.255.255",
    "224.0.0.1", "239.1.1.1", "233.252.0.1", "ff02::1", "ff0e::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:8.8.8.8", "::8.8.8.8",
    "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::1", "2001:0:7f00:1::1", "2001:db8::1",
    "not an address", "",
)  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public_address_is_allowed(address: str) -> None:
    assert is_allowed(address)


@pytest.mark.parametrize("address", FORBIDDEN)
def test_other_address_is_not(address: str) -> None:
    assert not is_allowed(address)


def test_named_network_is_allowed_and_no_other() -> None:
    networks = networks_of("10.0.0.0/8, fd12:3456::/32")
    assert is_allowed("10.1.2.3", networks)
    assert is_allowed("fd12:3456::1", networks)
    assert not is_allowed("192.168.1.1", networks)


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "fd00:ec2::254", "fe80::1", "127.0.0.1", "::1", "0.0.0.0"],  # noqa: S104
)
def test_no_network_opens_metadata_or_this_machine(address: str) -> None:
    everything = networks_of("0.0.0.0/0 ::/0")
    assert not is_allowed(address, everything)


def test_loopback_is_a_switch_of_its_own() -> None:
    assert is_allowed("127.0.0.1", loopback=True)
    assert is_allowed("::1", loopback=True)
    assert not is_allowed("10.0.0.1", loopback=True)
    assert not is_allowed("::ffff:127.0.0.1", loopback=True)


@pytest.mark.parametrize("text", ["10.0.0.0/33", "10.0.0.1/8", "ten", "10.0.0.0/8;1.1.1.1"])
def test_networks_are_checked(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        networks_of(text)


# ------------------------------------------------------------ URLs


def test_url_is_taken_apart() -> None:
    assert urls.read("https://Hooks.Example.com:8443/a/b?c=d") == urls.Target(
        True, "hooks.example.com", 8443, "Hooks.Example.com:8443", "/a/b?c=d"
    )
    assert urls.read("https://example.com").path == "/"
    assert urls.read("https://example.com?x=1").path == "/?x=1"
    assert urls.read("https://[2606:2800::1]/").host == "2606:2800::1"


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "ftp://example.com/", "//example.com/", "https:///path", "https://",
        "https://user@example.com/", "https://user:secret@example.com/", "https://example.com:0/",
        "https://example.com:70000/", "https://example.com:x/", "https://example.com\\@evil/",
        "https://example.com/a b", "https://example.com/\r\nx: y", "https://exämple.com/",
        "https://example.com/#part", "https://[::1/", "https://example.com/" + "x" * 2000,
        "http://127.0.0.1/", "file:///etc/passwd", "https://example.com/\x00", "",
    ],
)  # fmt: skip
def test_doubtful_url_is_refused(url: str) -> None:
    with pytest.raises(OutboundFailed) as caught:
        urls.read(url)
    assert caught.value.reason == "url-not-allowed"


def test_plain_http_goes_to_this_machine_only() -> None:
    assert urls.read("http://127.0.0.1:8080/x", http_to_loopback=True).port == 8080
    assert urls.read("http://[::1]/", http_to_loopback=True).port == 80
    for url in ("http://example.com/", "http://127.0.0.1.example.com/", "http://10.0.0.1/"):
        with pytest.raises(OutboundFailed):
            urls.read(url, http_to_loopback=True)
