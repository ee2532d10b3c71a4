"""Which addresses a request may go to: public ones, and private ones that the operator names."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

type Network = IPv4Network | IPv6Network
type Address = IPv4Address | IPv6Address

# No setting opens these: a cloud's metadata and a Lambda function's own services are there.
_NEVER: tuple[Network, ...] = tuple(
    map(ip_network, ("169.254.0.0/16", "fe80::/10", "fd00:ec2::/32", "0.0.0.0/8", "::/128"))
)
# The only IPv6 addresses that IANA assigns to the internet.
_UNICAST = ip_network("2000::/3")
# IPv6 addresses that stand for an IPv4 one: mapped, compatible, NAT64, 6to4, Teredo. A server on
# the internet has no need of them, and each would need a check of the address inside.
_TRANSLATED: tuple[Network, ...] = tuple(
    map(
        ip_network,
        ("::ffff:0:0/96", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"),
    )
)


def networks_of(text: str) -> tuple[Network, ...]:
    """Return the networks in a text such as `10.0.0.0/8, fd12::/16`. Raises ValueError."""
    return tuple(ip_network(one) for one in text.replace(",", " ").split())


def is_allowed(text: str, networks: Sequence[Network] = (), *, loopback: bool = False) -> bool:
    """Return whether a request may go to an address; `networks` are allowed besides public ones."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if address == IPv6Address("::1") or address in ip_network("127.0.0.0/8"):
        return loopback
    if _is_in(address, _NEVER):
        return False
    if _is_in(address, networks):
        return True
    if address.version == 6 and address not in _UNICAST:
        return False
    return address.is_global and not address.is_multicast and not _is_in(address, _TRANSLATED)


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in one for one in networks)
