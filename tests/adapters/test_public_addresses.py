"""A stranger's address leads to the public internet, or nowhere."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedichat.adapters.public_addresses import is_public

INSIDE = ["10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"]


@pytest.mark.parametrize(
    "host",
    ["8.8.8.8", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2a01:4f8::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"],
)
def test_these_are_public(host: str) -> None:
    assert is_public(host)


@pytest.mark.parametrize(
    "host",
    [
        *("0.1.2.3", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.0.1", "169.254.169.254", "172.31.255.255"),
        *("192.0.0.8", "192.0.2.1", "192.168.0.1", "198.18.0.1", "203.0.113.1", "224.0.0.1", "255.255.255.255"),
        *("::", "::1", "::8.8.8.8", "::7f00:1", "::ffff:10.0.0.1", "::ffff:0:10.0.0.1", "64:ff9b::10.0.0.1"),
        *("64:ff9b:1::10.0.0.1", "64:ff9b:1:ffff::1", "100::1", "2001::1", "2001:db8::1", "2002:a00:1::", "3fff::1"),
        *("5f00::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1"),
    ],
)
def test_these_are_not(host: str) -> None:
    assert not is_public(host)


@given(
    st.sampled_from(INSIDE),
    st.integers(min_value=0),
    st.sampled_from(["::", "::ffff:0:0", "64:ff9b::", "::ffff:0:0:0"]),
)
def test_no_prefix_makes_an_inner_address_public(network: str, offset: int, prefix: str) -> None:
    inside = IPv4Network(network)
    inner = int(inside[offset % inside.num_addresses])
    assert not is_public(str(IPv4Address(inner)))
    assert not is_public(str(IPv6Address(int(IPv6Address(prefix)) | inner)))
    assert not is_public(str(IPv6Address((0x2002 << 112) | (inner << 80) | 1)))


@given(st.ip_addresses())
def test_what_python_knows_to_be_private_is_not_public(address: IPv4Address | IPv6Address) -> None:
    if is_public(str(address)):
        assert address.is_global or str(address).startswith(("64:ff9b:", "::ffff:"))
        assert not address.is_multicast
