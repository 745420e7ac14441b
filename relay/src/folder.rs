//! The data folder: one relay's at a time, its certificate and key, its database.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use amends_protocol::Pin;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use rustix::fs::{FlockOperation, flock};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

const LOCK_FILE: &str = "lock";
const IDENTITY_FILE: &str = "identity.pem";
const DATABASE_FILE: &str = "relay.sqlite";

/// Name in the certificate. Nobody checks it: clients compare the pin.
const CERTIFICATE_NAME: &str = "amends-relay";

/// A data folder that this process has to itself.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    /// Held for the life of the folder; the system releases it however the process ends.
    _lock: File,
}

/// What TLS shows and signs with.
pub struct Identity {
    /// The self-signed certificate.
    pub certificate: CertificateDer<'static>,
    /// Its key.
    pub key: PrivateKeyDer<'static>,
}

/// Why a data folder is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// Another relay uses it.
    #[error("another relay is using the data folder {0}")]
    InUse(PathBuf),
    /// It cannot be made, read or written.
    #[error("the data folder {path} cannot be used")]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The certificate or key cannot be read. Making new ones would break every phone's pin, so that is left to people.
    #[error("{0} is damaged: restore it from a backup, or delete it to start over with a new pin")]
    IdentityDamaged(PathBuf),
    /// No certificate could be made.
    #[error("no certificate could be made: {0}")]
    Certificate(#[from] rcgen::Error),
}

impl DataFolder {
    /// Makes the folder if need be (0700) and takes it.
    ///
    /// # Errors
    /// When it cannot be used, or another relay uses it.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        let io = |source| FolderError::Io { path: path.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io)?;
        if fs::metadata(path).map_err(io)?.permissions().mode() & 0o077 != 0 {
            tracing::warn!("other users of this machine may look into the data folder; 0700 would keep them out");
        }
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path.join(LOCK_FILE))
            .map_err(io)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(FolderError::InUse(path.to_owned())),
            Err(errno) => Err(io(errno.into())),
        }
    }

    /// The database's file.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.path.join(DATABASE_FILE)
    }

    /// The certificate and key, made on the first start.
    ///
    /// # Errors
    /// When they cannot be read or written, or are damaged.
    pub fn identity(&self) -> Result<Identity, FolderError> {
        let path = self.path.join(IDENTITY_FILE);
        let io = |source| FolderError::Io { path: path.clone(), source };
        match fs::read(&path) {
            Ok(pem) => Identity::parse(&pem).ok_or(FolderError::IdentityDamaged(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let pem = make_identity()?;
                self.write_whole(IDENTITY_FILE, pem.as_bytes()).map_err(io)?;
                Identity::parse(pem.as_bytes()).ok_or(FolderError::IdentityDamaged(path))
            }
            Err(error) => Err(io(error)),
        }
    }

    /// Writes a file so that it is there whole or not at all, whenever the power goes.
    fn write_whole(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let unfinished = self.path.join(format!("{name}.new"));
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished, self.path.join(name))?;
        File::open(&self.path)?.sync_all()
    }
}

impl Identity {
    fn parse(pem: &[u8]) -> Option<Self> {
        let certificate = CertificateDer::from_pem_slice(pem).ok()?;
        let key = PrivateKeyDer::from_pem_slice(pem).ok()?;
        Some(Self { certificate, key })
    }

    /// What clients compare.
    #[must_use]
    pub fn pin(&self) -> Pin {
        let mut pin = [0; 32];
        pin.copy_from_slice(digest(&SHA256, &self.certificate).as_ref());
        Pin(pin)
    }
}

/// A certificate and its key, as PEM.
fn make_identity() -> Result<String, rcgen::Error> {
    let key = rcgen::KeyPair::generate()?;
    let mut parameters = rcgen::CertificateParams::new(vec![CERTIFICATE_NAME.to_owned()])?;
    parameters.distinguished_name.push(rcgen::DnType::CommonName, CERTIFICATE_NAME);
    let certificate = parameters.self_signed(&key)?;
    Ok(pem("CERTIFICATE", certificate.der()) + &pem("PRIVATE KEY", key.serialized_der()))
}

/// One block of RFC 7468, which every tool for certificates reads.
fn pem(label: &str, der: &[u8]) -> String {
    const LINE_LETTERS: usize = 64;
    let mut block = format!("-----BEGIN {label}-----\n");
    for (position, letter) in STANDARD.encode(der).chars().enumerate() {
        if position > 0 && position % LINE_LETTERS == 0 {
            block.push('\n');
        }
        block.push(letter);
    }
    block.push_str(&format!("\n-----END {label}-----\n"));
    block
}
