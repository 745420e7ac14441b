//! `amends-relay://host:port/#pin`: where a relay is and which certificate it must show.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::base64url;

const SCHEME: &str = "amends-relay://";

/// Bytes of the longest DNS name.
const NAME_BYTES_MAX: usize = 253;

/// Bytes of the longest label of a DNS name.
const LABEL_BYTES_MAX: usize = 63;

/// SHA-256 of the relay's DER certificate. A client accepts that certificate and no other; names, dates and issuers
/// don't count.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pin(pub [u8; 32]);

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url::encode(&self.0))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pin({self})")
    }
}

impl FromStr for Pin {
    type Err = RelayAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = base64url::decode(text).ok_or(RelayAddressError::Pin)?;
        bytes.try_into().map(Self).map_err(|_| RelayAddressError::Pin)
    }
}

/// The host of a relay.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RelayHost {
    /// A DNS name, in lower case.
    Name(String),
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// An IPv6 address, written in brackets.
    V6(Ipv6Addr),
}

impl fmt::Display for RelayHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::V4(address) => address.fmt(f),
            Self::V6(address) => write!(f, "[{address}]"),
        }
    }
}

impl FromStr for RelayHost {
    type Err = RelayAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(inner) = text.strip_prefix('[') {
            let inner = inner.strip_suffix(']').ok_or(RelayAddressError::Host)?;
            return inner.parse().map(Self::V6).map_err(|_| RelayAddressError::Host);
        }
        if let Ok(address) = text.parse() {
            return Ok(Self::V4(address));
        }
        let label_ok = |label: &str| {
            (1..=LABEL_BYTES_MAX).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        // A name whose last label is all digits would be taken for a broken IPv4 address by resolvers.
        let last_is_number = text.rsplit('.').next().is_some_and(|label| label.bytes().all(|b| b.is_ascii_digit()));
        if text.len() > NAME_BYTES_MAX || last_is_number || !text.split('.').all(label_ok) {
            return Err(RelayAddressError::Host);
        }
        Ok(Self::Name(text.to_ascii_lowercase()))
    }
}

/// A relay's address as people pass it on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RelayAddress {
    /// Name or IP address.
    pub host: RelayHost,
    /// UDP port, never 0.
    pub port: u16,
    /// The certificate's pin.
    pub pin: Pin,
}

impl RelayAddress {
    /// `host:port` as resolvers take it, IPv6 in brackets.
    #[must_use]
    pub fn host_port(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// `host:port` without a pin, as a relay is told its public address.
///
/// # Errors
/// When the host or the port is missing or wrong.
pub(crate) fn parse_host_port(text: &str) -> Result<(RelayHost, u16), RelayAddressError> {
    let (host, port) = text.rsplit_once(':').ok_or(RelayAddressError::Port)?;
    let host = host.parse()?;
    // `u16::from_str` takes a leading plus and zeros; an address has one spelling.
    let number: u16 = port.parse().map_err(|_| RelayAddressError::Port)?;
    if number == 0 || number.to_string() != port {
        return Err(RelayAddressError::Port);
    }
    Ok((host, number))
}

impl RelayAddress {
    /// An address from `host:port` and a pin.
    ///
    /// # Errors
    /// When the host or the port is missing or wrong.
    pub fn from_host_port(host_port: &str, pin: Pin) -> Result<Self, RelayAddressError> {
        parse_host_port(host_port).map(|(host, port)| Self { host, port, pin })
    }
}

impl fmt::Display for RelayAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}:{}/#{}", self.host, self.port, self.pin)
    }
}

impl FromStr for RelayAddress {
    type Err = RelayAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text.strip_prefix(SCHEME).ok_or(RelayAddressError::Scheme)?;
        let (host_port, pin) = rest.split_once("/#").ok_or(RelayAddressError::Pin)?;
        Self::from_host_port(host_port, pin.parse()?)
    }
}

/// Why a text is no relay address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RelayAddressError {
    /// It doesn't start with `amends-relay://`.
    #[error("a relay address starts with amends-relay://")]
    Scheme,
    /// The host is not a DNS name, an IPv4 address or an IPv6 address in brackets.
    #[error("the relay's host is not a name or an IP address")]
    Host,
    /// The port is missing or not in 1–65535.
    #[error("the relay's port is missing or wrong")]
    Port,
    /// The pin is missing or not 32 bytes in base64url without padding.
    #[error("the relay's pin is missing or wrong")]
    Pin,
}
