"""To which IP addresses a stranger may send us.

Followed: IANA's registries of special-purpose addresses for IPv4 and IPv6, RFC 4291 (IPv4-mapped), RFC 6052 (NAT64),
RFC 3056 (6to4). Python's own `is_global` differs between its versions, and takes IPv4-compatible addresses for public.
"""

import ipaddress
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NOT_PUBLIC: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' NAT
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, and the metadata service of cloud providers
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",
        "2001::/23",  # Teredo among them
        "2001:db8::/32",
        "2002::/16",  # 6to4: wherever the IPv4 address inside is
        "3fff::/20",
    )
)
_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
"""The part of IPv6 that is allocated."""
_IPV4_INSIDE: Final = (ipaddress.IPv6Network("::ffff:0:0/96"), ipaddress.IPv6Network("64:ff9b::/96"))
"""IPv4-mapped, and NAT64: a connection goes to the IPv4 address in the last 32 bits."""


def is_public(host: str) -> bool:
    """Whether an IP address belongs to the public internet. Raises ValueError if it is not an address."""
    address: Address = ipaddress.ip_address(host.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if any(address in network for network in _IPV4_INSIDE):
            address = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        elif address not in _UNICAST:
            return False
    return not any(address in network for network in _NOT_PUBLIC)
