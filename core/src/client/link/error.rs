//! Why there is no link, or no longer.

use amends_protocol::{ErrorCode, FrameError};
use quinn::{ConnectionError, ReadError, WriteError};

/// Why a relay could not be reached, or can no longer be. What a phone has to send stays in its outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The relay's name has no address.
    #[error("the relay's name is not known")]
    Unresolved,
    /// No socket could be opened: there is no network.
    #[error("there is no network")]
    NoNetwork,
    /// Nobody answered in time.
    #[error("the relay did not answer")]
    NoAnswer,
    /// The relay stopped answering.
    #[error("the relay fell silent")]
    Silent,
    /// The connection broke off.
    #[error("the connection to the relay was lost")]
    Lost,
    /// Whoever answered is not the relay that was named.
    #[error("another relay answered than the one that was named")]
    WrongPin,
    /// The relay closed the connection and said why.
    #[error("the relay closed the connection: {0}")]
    Closed(ErrorCode),
    /// Whoever answered speaks another protocol.
    #[error("no relay of this protocol answered")]
    OtherProtocol,
    /// What arrived is no message.
    #[error("the relay sent something malformed")]
    Malformed,
    /// What arrived is no frame.
    #[error("the relay sent something malformed: {0}")]
    Frame(#[from] FrameError),
}

impl LinkError {
    /// A stable name for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unresolved | Self::NoNetwork | Self::NoAnswer | Self::Silent | Self::Lost => "relay_unreachable",
            Self::WrongPin => "wrong_relay_pin",
            Self::Closed(code) => code.name(),
            Self::OtherProtocol | Self::Malformed | Self::Frame(_) => "relay_protocol",
        }
    }
}

/// TLS alert 120, no_application_protocol (RFC 7301), as a QUIC error code (RFC 9001 section 4.8).
const NO_APPLICATION_PROTOCOL: u64 = 0x100 + 120;

impl From<ConnectionError> for LinkError {
    fn from(error: ConnectionError) -> Self {
        match error {
            ConnectionError::ApplicationClosed(close) => match u16::try_from(close.error_code.into_inner()) {
                Ok(0) => Self::Lost,
                Ok(number) => Self::Closed(ErrorCode::from_number(number)),
                Err(_) => Self::OtherProtocol,
            },
            ConnectionError::ConnectionClosed(close) if u64::from(close.error_code) == NO_APPLICATION_PROTOCOL => {
                Self::OtherProtocol
            }
            ConnectionError::VersionMismatch | ConnectionError::TransportError(_) => Self::OtherProtocol,
            ConnectionError::TimedOut => Self::NoAnswer,
            _ => Self::Lost,
        }
    }
}

impl From<ReadError> for LinkError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::ConnectionLost(error) => error.into(),
            _ => Self::Lost,
        }
    }
}

impl From<WriteError> for LinkError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::ConnectionLost(error) => error.into(),
            _ => Self::Lost,
        }
    }
}
