//! The relay's certificate is accepted for its pin alone: names, dates and issuers don't count, and no authority is asked.

use amends_protocol::Pin;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, PeerIncompatible, SignatureScheme};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Accepts exactly the certificate whose DER has the pin as its SHA-256, and remembers when another was shown.
#[derive(Debug)]
pub(super) struct PinnedRelay {
    pin: Pin,
    algorithms: WebPkiSupportedAlgorithms,
    refused: AtomicBool,
}

impl PinnedRelay {
    pub(super) fn new(pin: Pin, provider: &CryptoProvider) -> Arc<Self> {
        let algorithms = provider.signature_verification_algorithms;
        Arc::new(Self { pin, algorithms, refused: AtomicBool::new(false) })
    }

    /// Whether somebody answered with another certificate. TLS reports that like any other failed handshake.
    pub(super) fn has_refused(&self) -> bool {
        self.refused.load(Ordering::Acquire)
    }
}

impl ServerCertVerifier for PinnedRelay {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if Pin(crate::id::hash(&[end_entity.as_ref()])) == self.pin {
            return Ok(ServerCertVerified::assertion());
        }
        self.refused.store(true, Ordering::Release);
        Err(CertificateError::ApplicationVerificationFailure.into())
    }

    /// QUIC is TLS 1.3 only.
    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(PeerIncompatible::Tls12NotOffered.into())
    }

    /// Whoever shows the certificate must hold its key.
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
