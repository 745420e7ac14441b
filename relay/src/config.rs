//! The configuration file. Everything has a default; an unknown key is an error, since a misspelt limit would be none.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::limits::Limits;

/// Bytes of the largest configuration file that is read.
const CONFIG_BYTES_MAX: u64 = 64 * 1024;

/// What an operator may set.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where `/health` and `/metrics` are answered; nowhere if not set. A loopback address.
    pub health: Option<SocketAddr>,
    /// Threads that serve the network. One is fastest for a household's relay and busy ones alike, up to what one core
    /// encrypts.
    pub threads: usize,
    /// How much is logged.
    pub log: LogLevel,
    /// Whether every page of the database is read for damage at each start.
    pub check_at_start: bool,
    /// What is bounded, and how.
    pub limits: Limits,
}

/// The least severe messages that are logged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Only bugs and broken disks.
    Error,
    /// Also what the operator should look at.
    Warn,
    /// Also starts and stops.
    #[default]
    Info,
    /// Also connections; without ids or addresses even so.
    Debug,
}

impl Default for Config {
    fn default() -> Self {
        Self { health: None, threads: 1, log: LogLevel::Info, check_at_start: true, limits: Limits::default() }
    }
}

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration {path} cannot be read")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is too large to be a configuration.
    #[error("the configuration is larger than {CONFIG_BYTES_MAX} bytes")]
    TooLarge,
    /// Not TOML, or a key or value that is not known.
    #[error("the configuration is wrong: {0}")]
    Toml(#[from] toml::de::Error),
    /// The health address can be reached from outside.
    #[error("health = \"{0}\" is not a loopback address")]
    HealthNotLoopback(SocketAddr),
    /// No thread.
    #[error("threads must be at least 1")]
    NoThreads,
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read or says something wrong.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let unreadable = |source| ConfigError::Read { path: path.to_owned(), source };
        if std::fs::metadata(path).map_err(unreadable)?.len() > CONFIG_BYTES_MAX {
            return Err(ConfigError::TooLarge);
        }
        Self::parse(&std::fs::read_to_string(path).map_err(unreadable)?)
    }

    /// Reads a text.
    ///
    /// # Errors
    /// When it says something wrong.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text)?;
        match config.health {
            Some(address) if !address.ip().is_loopback() => Err(ConfigError::HealthNotLoopback(address)),
            _ if config.threads == 0 => Err(ConfigError::NoThreads),
            _ => Ok(config),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_has_its_default() {
        let config = Config::parse("log = \"debug\"\n[limits]\nconnections_max = 7\n").unwrap();
        assert_eq!(config.log, LogLevel::Debug);
        assert_eq!(config.limits.connections_max, 7);
        assert_eq!(config.limits.box_bytes_max, amends_protocol::limits::BOX_BYTES_MAX);
        assert!(config.check_at_start);
    }

    #[test]
    fn what_is_wrong_is_typed() {
        assert!(matches!(Config::parse("helth = 1"), Err(ConfigError::Toml(_))));
        assert!(matches!(Config::parse("[limits]\nconnection_max = 1"), Err(ConfigError::Toml(_))));
        assert!(matches!(Config::parse("[limits]\nconnections_max = -1"), Err(ConfigError::Toml(_))));
        assert!(matches!(Config::parse("threads = 0"), Err(ConfigError::NoThreads)));
        assert!(matches!(Config::parse("health = \"0.0.0.0:1\""), Err(ConfigError::HealthNotLoopback(_))));
        assert!(matches!(Config::read(Path::new("/nonexistent/x")), Err(ConfigError::Read { .. })));
    }
}
