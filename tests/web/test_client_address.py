"""Where a request comes from: what a client writes is not believed."""

import pytest

from suppilo.apps.net import client_address, parse_networks

PROXIES = parse_networks(["10.0.0.0/8", "2001:db8::/32"])


@pytest.mark.parametrize(
    ("forwarded", "peer", "expected"),
    [
        ("", "203.0.113.9", "203.0.113.9"),
        ("198.51.100.1", "203.0.113.9", "203.0.113.9"),
        ("198.51.100.1", "10.0.0.1", "198.51.100.1"),
        ("1.1.1.1, 198.51.100.1", "10.0.0.1", "198.51.100.1"),
        ("1.1.1.1, 198.51.100.1, 10.0.0.2", "10.0.0.1", "198.51.100.1"),
        ("198.51.100.1:4711", "10.0.0.1", "198.51.100.1"),
        ("[2a00::1]:443", "10.0.0.1", "2a00::1"),
        ("2a00::1", "2001:db8::5", "2a00::1"),
        ("198.51.100.1", "::ffff:10.0.0.1", "198.51.100.1"),
        ("198.51.100.1, rubbish", "10.0.0.1", "10.0.0.1"),
        ("rubbish, 198.51.100.1", "10.0.0.1", "198.51.100.1"),
        ("10.0.0.3, 10.0.0.2", "10.0.0.1", "10.0.0.3"),
        (",,", "10.0.0.1", "10.0.0.1"),
        ("1.1.1.1", "testclient", "testclient"),
        ("1.1.1.1", "", ""),
    ],
)
def test_address_is_the_first_from_the_right_that_no_proxy_of_ours_has(forwarded, peer, expected):
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    assert client_address(headers, peer, PROXIES) == expected


def test_without_proxies_the_header_means_nothing():
    assert client_address({"x-forwarded-for": "1.1.1.1"}, "10.0.0.1", ()) == "10.0.0.1"


def test_a_network_that_is_none_is_refused():
    with pytest.raises(ValueError, match="does not appear"):
        parse_networks(["everywhere"])
