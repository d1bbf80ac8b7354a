//! Addresses that webhooks may lead to: public ones, so that nobody makes the server talk to machines behind the
//! firewall, and the hosts that the settings name.

use std::error::Error;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::Host;

/// Finds addresses of hosts, and keeps to itself those that are not public.
pub(super) struct PublicAddresses {
    /// Hosts that may be anywhere.
    trusted: Vec<String>,
}

impl PublicAddresses {
    pub(super) fn with(trusted: &[String]) -> Self {
        Self {
            trusted: trusted
                .iter()
                .map(|host| host.trim().to_ascii_lowercase())
                .filter(|host| !host.is_empty())
                .collect(),
        }
    }

    fn trusts(&self, host: &str) -> bool {
        self.trusted.iter().any(|known| known.eq_ignore_ascii_case(host))
    }

    /// True if an address may be asked for; what a name stands for is looked at when it is resolved.
    pub(super) fn allow(&self, address: &Url) -> bool {
        let public = match address.host() {
            Some(Host::Domain(_)) => true,
            Some(Host::Ipv4(ip)) => is_public(ip.into()),
            Some(Host::Ipv6(ip)) => is_public(ip.into()),
            None => false,
        };
        matches!(address.scheme(), "http" | "https")
            && (public || address.host_str().is_some_and(|host| self.trusts(host)))
    }
}

impl Resolve for PublicAddresses {
    fn resolve(&self, name: Name) -> Resolving {
        let trusted = self.trusts(name.as_str());
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0))
                .await?
                .filter(|address| trusted || is_public(address.ip()))
                .collect();
            if found.is_empty() {
                let error: Box<dyn Error + Send + Sync> = io::Error::other("the host has no public address").into();
                return Err(error);
            }
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}

fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    let shared_by_a_provider = first == 100 && (64..128).contains(&second);
    let for_protocols = (first, second, third) == (192, 0, 0)
        || (first == 198 && (second == 18 || second == 19))
        || first >= 240
        || first == 0;
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || shared_by_a_provider
        || for_protocols)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    // Only this part of the space is given out, and parts of it carry addresses of version 4.
    let [first, second, ..] = address.segments();
    let given_out = first & 0xe000 == 0x2000;
    given_out && first != 0x2002 && !(first == 0x2001 && (second == 0 || second == 0xdb8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_behind_the_firewall_are_not_asked() {
        let addresses = PublicAddresses::with(&["chat.studio.lan".into(), "10.0.0.7".into()]);
        for allowed in [
            "https://chat.example.com/hooks/a",
            "http://8.8.8.8/a",
            "https://[2606:4700::1]/a",
            "http://10.0.0.7:8065/hooks/a",
        ] {
            assert!(addresses.allow(&allowed.parse().expect("an address")), "{allowed}");
        }
        for refused in [
            "http://127.0.0.1/a",
            "http://10.0.0.8/a",
            "http://169.254.169.254/latest",
            "http://100.64.0.1/a",
            "http://[::1]/a",
            "http://[::ffff:127.0.0.1]/a",
            "http://[fd00::1]/a",
            "http://[2002:7f00:1::]/a",
            "http://0.0.0.0/a",
            "ftp://chat.example.com/a",
            "file:///etc/passwd",
        ] {
            assert!(!addresses.allow(&refused.parse().expect("an address")), "{refused}");
        }
    }

    #[tokio::test]
    async fn a_name_of_this_machine_resolves_for_the_trusted_alone() {
        let name = || "localhost".parse::<Name>().expect("a name");
        assert!(PublicAddresses::with(&[]).resolve(name()).await.is_err());
        assert!(
            PublicAddresses::with(&["LocalHost".into()])
                .resolve(name())
                .await
                .is_ok_and(|mut found| found.next().is_some())
        );
    }
}
