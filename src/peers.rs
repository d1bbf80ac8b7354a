//! Senders of requests: the address behind a proxy, the addresses that count as one, and those that may see how the machine
//! does.

use std::net::{AddrParseError, IpAddr, Ipv6Addr};
use std::str::FromStr;

use poem::http::{HeaderMap, HeaderName};

const REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");

/// The address of whoever sent a request. `X-Real-IP` counts when it comes from a proxy that the settings trust.
#[must_use]
pub fn address(headers: &HeaderMap, peer: Option<IpAddr>, trusted: &[IpAddr]) -> Option<IpAddr> {
    let told = || {
        headers
            .get(REAL_IP)
            .and_then(|told| told.to_str().ok()?.trim().parse().ok())
    };
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

/// Somebody besides this very machine who may see how it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Monitor {
    /// `all` in the settings.
    Everybody,
    Address(IpAddr),
}

impl FromStr for Monitor {
    type Err = AddrParseError;

    fn from_str(text: &str) -> Result<Self, AddrParseError> {
        if text.trim() == "all" {
            Ok(Self::Everybody)
        } else {
            text.trim().parse().map(Self::Address)
        }
    }
}

/// Headers that only proxies add.
const OF_PROXIES: [HeaderName; 4] = [
    REAL_IP,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("forwarded"),
];

/// True if whoever sent a request may see how the machine does: this very machine may, and those that the settings name. A
/// proxy on this machine sends what others ask for, so that its requests are not from here.
#[must_use]
pub fn may_monitor(headers: &HeaderMap, peer: Option<IpAddr>, trusted: &[IpAddr], monitors: &[Monitor]) -> bool {
    if monitors.contains(&Monitor::Everybody) {
        return true;
    }
    let peer = peer.map(|address| address.to_canonical());
    let named = |address: IpAddr| {
        monitors
            .iter()
            .any(|monitor| matches!(monitor, Monitor::Address(known) if known.to_canonical() == address))
    };
    if OF_PROXIES.iter().any(|name| headers.contains_key(name)) {
        // Only a proxy that is trusted tells for whom it asks.
        let trusts = peer.is_some_and(|peer| trusted.contains(&peer)) && headers.contains_key(REAL_IP);
        return trusts
            && address(headers, peer, trusted)
                .is_some_and(|address| Some(address) != peer && named(address.to_canonical()));
    }
    peer.is_some_and(|peer| peer.is_loopback() || named(peer))
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
        assert_eq!(
            address(&HeaderMap::new(), Some(parsed("10.0.0.1")), &[parsed("10.0.0.1")]),
            Some(parsed("10.0.0.1"))
        );
    }

    #[test]
    fn neighbours_in_ipv6_count_as_one() {
        assert_eq!(household(parsed("2001:db8::1")), household(parsed("2001:db8::2")));
        assert_ne!(household(parsed("2001:db8::1")), household(parsed("2001:db8:0:1::1")));
        assert_eq!(household(parsed("::ffff:10.0.0.1")), parsed("10.0.0.1"));
    }

    #[test]
    fn this_machine_and_those_who_are_named_may_monitor() {
        let plain = HeaderMap::new();
        let from = |address: &str| -> HeaderMap { [(REAL_IP, address.parse().unwrap())].into_iter().collect() };
        let forwarded: HeaderMap = [(HeaderName::from_static("x-forwarded-for"), "127.0.0.1".parse().unwrap())]
            .into_iter()
            .collect();
        let (here, there, proxy) = ("127.0.0.1", "192.0.2.7", [parsed("127.0.0.1")]);
        let named = ["192.0.2.7".parse().unwrap()];
        for (headers, peer, trusted, monitors, expected) in [
            (&plain, here, &[][..], &[][..], true),
            (&plain, "::1", &[], &[], true),
            (&plain, "::ffff:127.0.0.1", &[], &[], true),
            (&plain, there, &[], &[], false),
            (&plain, there, &[], &named, true),
            (&plain, there, &[], &[Monitor::Everybody], true),
            (&forwarded, here, &[], &[], false),
            (&from(here), here, &[], &[], false),
            (&from(there), here, &[], &named, false),
            (&from(there), here, &proxy, &named, true),
            (&from(there), here, &proxy, &[], false),
            (&from(here), here, &proxy, &[], false),
        ] {
            assert_eq!(
                may_monitor(headers, Some(parsed(peer)), trusted, monitors),
                expected,
                "{headers:?} {peer} {trusted:?} {monitors:?}"
            );
        }
        assert!(!may_monitor(&plain, None, &[], &named));
        assert!("all".parse() == Ok(Monitor::Everybody) && "nobody".parse::<Monitor>().is_err());
    }
}
