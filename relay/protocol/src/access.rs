//! How a client shows that it holds a box's access key on *this* connection.

use crate::id::BoxId;

/// The ALPN protocol of TLS: a relay and a phone that disagree on it don't connect at all.
pub const ALPN: &[u8] = b"amends/1";

/// Label of the TLS exporter (RFC 8446 section 7.5) whose output a box key signs.
pub const EXPORTER_LABEL: &[u8] = b"EXPORTER-amends-box-access/1";

/// Context of the TLS exporter: empty, the label says all.
pub const EXPORTER_CONTEXT: &[u8] = b"";

/// Bytes taken from the TLS exporter.
pub const EXPORTER_BYTES: usize = 32;

/// First bytes of the signed message, so that a box key's signature means nothing elsewhere.
const ACCESS_DOMAIN: &[u8] = b"amends/box-access/1";

/// The message that the box's access key signs (Ed25519, RFC 8032) for [`Request::OpenBox`](crate::Request::OpenBox):
/// domain ‖ exporter ‖ box id (SPEC section 5).
///
/// The exporter differs on every connection, so a recorded signature opens nothing on another one.
#[must_use]
pub fn box_access_message(exporter: &[u8; EXPORTER_BYTES], box_id: &BoxId) -> Vec<u8> {
    let mut message = Vec::with_capacity(ACCESS_DOMAIN.len() + EXPORTER_BYTES + box_id.0.len());
    message.extend_from_slice(ACCESS_DOMAIN);
    message.extend_from_slice(exporter);
    message.extend_from_slice(&box_id.0);
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signed_message_is_domain_exporter_box() {
        let message = box_access_message(&[1; 32], &BoxId([2; 32]));
        assert_eq!(message.len(), 19 + 32 + 32);
        assert_eq!(&message[..19], b"amends/box-access/1");
        assert_eq!(&message[19..51], [1; 32]);
        assert_eq!(&message[51..], [2; 32]);
    }
}
