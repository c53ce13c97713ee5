//! Addresses of sockets, as the kernel gets them.

use std::ffi::OsString;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// The longest address.
pub(super) const LONGEST_ADDRESS: usize = 128;

/// With whom a socket talks.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// The process that listens at this path.
    Path(Vec<u8>),
    /// The process that listens at this name, which is no path.
    Abstract(PathBuf),
    /// A process of another machine, or perhaps of this one. `None`: whoever answers for names.
    Network(Option<String>),
    /// Nobody.
    OfNoAccount,
}

/// Where names are asked for. The peer that counts comes later.
const NAME_SERVICE: u16 = 53;

impl Address {
    /// Understands a `sockaddr`.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let Some((family, rest)) = bytes.split_first_chunk() else { return Self::OfNoAccount };
        match i32::from(u16::from_ne_bytes(*family)) {
            libc::AF_UNSPEC | libc::AF_ALG => Self::OfNoAccount,
            libc::AF_UNIX => Self::local(rest),
            libc::AF_INET => Self::Network(ipv4(rest).and_then(peer)),
            libc::AF_INET6 => Self::Network(ipv6(rest).and_then(peer)),
            _ => Self::Network(None),
        }
    }

    fn local(name: &[u8]) -> Self {
        match name.split_first() {
            None => Self::OfNoAccount,
            Some((0, name)) => Self::Abstract(OsString::from_vec([b"@", name].concat()).into()),
            Some(_) => {
                let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
                Self::Path(name[..end].to_vec())
            }
        }
    }
}

fn ipv4(rest: &[u8]) -> Option<SocketAddr> {
    let (port, rest) = rest.split_first_chunk()?;
    let address = Ipv4Addr::from(*rest.first_chunk::<4>()?);
    Some((address, u16::from_be_bytes(*port)).into())
}

fn ipv6(rest: &[u8]) -> Option<SocketAddr> {
    let (port, rest) = rest.split_first_chunk()?;
    let address = Ipv6Addr::from(*rest.get(4..)?.first_chunk::<16>()?);
    Some((address, u16::from_be_bytes(*port)).into())
}

/// A peer that is worth naming. (Port 0 is used to find out which of our addresses would be taken.)
fn peer(address: SocketAddr) -> Option<String> {
    (![0, NAME_SERVICE].contains(&address.port())).then(|| address.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(family: i32, rest: &[u8]) -> Address {
        let family = u16::try_from(family).expect("small").to_ne_bytes();
        Address::parse(&[family.as_slice(), rest].concat())
    }

    #[test]
    fn peers_are_named() {
        let network = |peer: &str| Address::Network(Some(peer.to_owned()));
        assert_eq!(address(libc::AF_INET, &[1, 187, 10, 0, 0, 1]), network("10.0.0.1:443"));
        assert_eq!(address(libc::AF_INET, &[0, 53, 10, 0, 0, 1]), Address::Network(None));
        let rest = [&[1, 187, 0, 0, 0, 0], [0; 15].as_slice(), &[1]].concat();
        assert_eq!(address(libc::AF_INET6, &rest), network("[::1]:443"));
        assert_eq!(address(libc::AF_INET6, &[1, 187, 0]), Address::Network(None));
        assert_eq!(address(libc::AF_UNIX, b"/run/x\0junk"), Address::Path(b"/run/x".to_vec()));
        assert_eq!(address(libc::AF_UNIX, b"\0name"), Address::Abstract("@name".into()));
        assert_eq!(address(libc::AF_UNIX, b""), Address::OfNoAccount);
        assert_eq!(address(libc::AF_NETLINK, b"xxxx"), Address::Network(None));
        assert_eq!(Address::parse(&[1]), Address::OfNoAccount);
    }
}
