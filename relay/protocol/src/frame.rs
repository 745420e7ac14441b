//! Frames: `u32` big-endian length of what follows ‖ version byte ‖ one CBOR item (SPEC section 2).

use crate::limits::FRAME_BYTES_MAX;
use crate::message::{DecodeError, Message};

/// The frame version this crate speaks.
pub const FRAME_VERSION: u8 = 1;

/// Bytes of the length field.
const LENGTH_BYTES: usize = 4;

/// A stream of bytes that is not a stream of frames. There is no way to find the next frame after any of these, so the
/// connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The length is 0: not even a version.
    #[error("a frame of no bytes")]
    Empty,
    /// The length is above the decoder's maximum.
    #[error("a frame claims {claimed} bytes, at most {max} are allowed")]
    TooLarge {
        /// The length field.
        claimed: u32,
        /// The maximum in force.
        max: usize,
    },
    /// The version byte is unknown.
    #[error("frame version {0} is unknown")]
    UnknownVersion(u8),
}

/// A message that doesn't fit a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the message takes {bytes} bytes, a frame holds at most {FRAME_BYTES_MAX}")]
pub struct EncodeError {
    /// What the frame would have taken after its length field.
    pub bytes: usize,
}

/// Cuts a stream of bytes into frames. It holds at most one unfinished frame, and memory only for bytes that really
/// arrived: a claimed length allocates nothing.
#[derive(Debug)]
pub struct FrameDecoder {
    header: [u8; LENGTH_BYTES],
    header_len: usize,
    /// Bytes still missing of the current frame, once its header is whole; includes the version byte until it is read.
    missing: usize,
    version_read: bool,
    item: Vec<u8>,
    bytes_max: usize,
    failed: Option<FrameError>,
}

impl FrameDecoder {
    /// A decoder at the start of a stream that accepts frames up to [`FRAME_BYTES_MAX`].
    #[must_use]
    pub const fn new() -> Self {
        Self {
            header: [0; LENGTH_BYTES],
            header_len: 0,
            missing: 0,
            version_read: false,
            item: Vec::new(),
            bytes_max: FRAME_BYTES_MAX,
            failed: None,
        }
    }

    /// Changes the largest frame accepted from the next frame on; never above [`FRAME_BYTES_MAX`].
    pub fn set_bytes_max(&mut self, bytes_max: usize) {
        self.bytes_max = bytes_max.min(FRAME_BYTES_MAX);
    }

    /// Takes bytes from the front of `input` until a frame is whole, and returns its CBOR item; `None` when `input` is
    /// used up before that. Call it until it returns `None`.
    ///
    /// # Errors
    /// The first error is final: every later call returns it again.
    pub fn next_frame(&mut self, input: &mut &[u8]) -> Result<Option<Vec<u8>>, FrameError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let step = self.step(input);
        if let Err(error) = step {
            self.failed = Some(error);
            self.item = Vec::new();
        }
        step.map(|whole| whole.then(|| self.take_item()))
    }

    /// Bytes after the length field of the frame that is being received, once its length is known.
    #[must_use]
    pub fn claimed(&self) -> Option<usize> {
        (self.header_len == LENGTH_BYTES).then(|| self.missing + self.item.len() + usize::from(self.version_read))
    }

    /// Whether part of a frame has been received.
    #[must_use]
    pub fn is_mid_frame(&self) -> bool {
        self.header_len > 0
    }

    fn step(&mut self, input: &mut &[u8]) -> Result<bool, FrameError> {
        while self.header_len < LENGTH_BYTES {
            let Some((byte, rest)) = input.split_first() else {
                return Ok(false);
            };
            if let Some(slot) = self.header.get_mut(self.header_len) {
                *slot = *byte;
            }
            self.header_len += 1;
            *input = rest;
            if self.header_len == LENGTH_BYTES {
                self.missing = self.check_length()?;
            }
        }
        if !self.version_read {
            let Some((version, rest)) = input.split_first() else {
                return Ok(false);
            };
            if *version != FRAME_VERSION {
                return Err(FrameError::UnknownVersion(*version));
            }
            self.version_read = true;
            self.missing = self.missing.saturating_sub(1);
            *input = rest;
        }
        let (taken, rest) = input.split_at_checked(self.missing).unwrap_or((input, &[]));
        self.item.extend_from_slice(taken);
        self.missing -= taken.len();
        *input = rest;
        Ok(self.missing == 0)
    }

    fn check_length(&self) -> Result<usize, FrameError> {
        let claimed = u32::from_be_bytes(self.header);
        let too_large = FrameError::TooLarge { claimed, max: self.bytes_max };
        let length = usize::try_from(claimed).map_err(|_| too_large)?;
        if length == 0 {
            Err(FrameError::Empty)
        } else if length > self.bytes_max {
            Err(too_large)
        } else {
            Ok(length)
        }
    }

    fn take_item(&mut self) -> Vec<u8> {
        self.header_len = 0;
        self.version_read = false;
        std::mem::take(&mut self.item)
    }
}

impl Default for FrameDecoder {
    fn default() -> Self {
        Self::new()
    }
}

/// The whole frame of a message, length field included.
///
/// # Errors
/// When the message is larger than a frame.
pub fn encode_frame<M: Message>(message: &M) -> Result<Vec<u8>, EncodeError> {
    let mut frame = Vec::with_capacity(LENGTH_BYTES + 1 + message.size_hint());
    frame.extend_from_slice(&[0; LENGTH_BYTES]);
    frame.push(FRAME_VERSION);
    let mut frame = message.encode_item(frame);
    let bytes = frame.len().saturating_sub(LENGTH_BYTES);
    let length = u32::try_from(bytes).ok().filter(|_| bytes <= FRAME_BYTES_MAX).ok_or(EncodeError { bytes })?;
    if let Some(field) = frame.get_mut(..LENGTH_BYTES) {
        field.copy_from_slice(&length.to_be_bytes());
    }
    Ok(frame)
}

/// The message in a frame's CBOR item.
///
/// # Errors
/// When the item is not such a message; the error carries the request id if that much could be read.
pub fn decode_item<M: Message>(item: &[u8]) -> Result<M, DecodeError> {
    M::decode_item(item)
}
