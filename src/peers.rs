//! Senders of requests: the address behind a proxy, and the addresses that count as one.

use std::net::{IpAddr, Ipv6Addr};

use poem::http::{HeaderMap, HeaderName};

const REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");

/// The address of whoever sent a request. `X-Real-IP` counts when it comes from a proxy that the settings trust.
#[must_use]
pub fn address(headers: &HeaderMap, peer: Option<IpAddr>, trusted: &[IpAddr]) -> Option<IpAddr> {
    let told = || headers.get(REAL_IP).and_then(|told| told.to_str().ok()?.trim().parse().ok());
    let peer = peer.map(|address| address.to_canonical());
    peer.filter(|peer| trusted.contains(peer)).and_then(|_| told()).or(peer)
}

/// One customer of a provider has all the addresses behind the first half of an IPv6 address.
#[must_use]
pub fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn only_trusted_proxies_say_who_called() {
        let headers: HeaderMap = [(REAL_IP, "192.0.2.7".parse().unwrap())].into_iter().collect();
        let seen = |peer: &str| address(&headers, Some(parsed(peer)), &[parsed("10.0.0.1")]);
        assert_eq!(seen("10.0.0.1"), Some(parsed("192.0.2.7")));
        assert_eq!(seen("::ffff:10.0.0.1"), Some(parsed("192.0.2.7")));
        assert_eq!(seen("10.0.0.2"), Some(parsed("10.0.0.2")));
        assert_eq!(address(&HeaderMap::new(), Some(parsed("10.0.0.1")), &[parsed("10.0.0.1")]), Some(parsed("10.0.0.1")));
    }

    #[test]
    fn neighbours_in_ipv6_count_as_one() {
        assert_eq!(household(parsed("2001:db8::1")), household(parsed("2001:db8::2")));
        assert_ne!(household(parsed("2001:db8::1")), household(parsed("2001:db8:0:1::1")));
        assert_eq!(household(parsed("::ffff:10.0.0.1")), parsed("10.0.0.1"));
    }
}
