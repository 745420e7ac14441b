//! What a home is: its device, its member, its space. One small row, read when the home opens.

use crate::crypto::keys::DeviceKeys;
use crate::id::{Incarnation, MemberId, SpaceId};
use crate::sync::BoxIndex;
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use zeroize::Zeroize;

/// The home format this build writes. A home with a larger number is refused, never guessed at.
pub(super) const HOME_VERSION: u16 = 1;

/// The couple's rhythm: where their day is, and when it rolls over.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct HomeZone {
    /// IANA zone name.
    #[n(0)]
    pub zone: String,
    /// Hour of the night, 0–11, until which it is still yesterday.
    #[n(1)]
    pub rollover_hour: u8,
}

impl Default for HomeZone {
    fn default() -> Self {
        Self { zone: "Etc/UTC".to_owned(), rollover_hour: 4 }
    }
}

/// The space this home is in.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SpaceState {
    /// Its id.
    #[n(0)]
    pub id: SpaceId,
    /// The other member.
    #[n(1)]
    pub partner: MemberId,
    /// The name they gave when pairing.
    #[n(2)]
    pub partner_name: String,
    /// Home zone and rollover hour, from the inviter.
    #[n(3)]
    pub home_zone: HomeZone,
    /// The pairing's transcript.
    #[n(4)]
    pub transcript: ByteArray<32>,
    /// Whether the inviter's first record with that transcript was read: only then is the pairing whole.
    #[n(5)]
    pub confirmed: bool,
    /// Its box.
    #[n(6)]
    pub index: BoxIndex,
    /// The roster both signed.
    #[n(7)]
    pub roster: ByteVec,
}

/// See the module's documentation.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(crate) struct HomeState {
    /// [`HOME_VERSION`] of the build that wrote it.
    #[n(0)]
    pub version: u16,
    /// The device's secret keys, as `DeviceKeys` keeps them.
    #[n(1)]
    pub device: Secret,
    /// Whose phone this is.
    #[n(2)]
    pub member: MemberId,
    /// Their name.
    #[n(3)]
    pub name: String,
    /// This life of the database.
    #[n(4)]
    pub incarnation: Incarnation,
    /// The relay's address, once there is one.
    #[n(5)]
    pub relay: Option<String>,
    /// Used until there is a space.
    #[n(6)]
    pub home_zone: HomeZone,
    /// The space, once paired.
    #[n(7)]
    pub space: Option<SpaceState>,
    /// A pairing that the inviter has not confirmed yet.
    #[n(8)]
    pub pending: Option<Secret>,
}

/// Bytes with keys in them, which leave memory when they are dropped.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub(crate) struct Secret(#[n(0)] ByteVec);

impl Secret {
    pub(super) fn new(bytes: &[u8]) -> Self {
        Self(bytes.to_vec().into())
    }
}

impl std::ops::Deref for Secret {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.as_slice()
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}

impl std::fmt::Debug for HomeState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HomeState(…)")
    }
}

impl HomeState {
    /// A home that nothing has happened in.
    pub(super) fn new(
        keys: &DeviceKeys,
        member: MemberId,
        name: String,
        incarnation: [u8; 8],
        home_zone: HomeZone,
    ) -> Self {
        Self {
            version: HOME_VERSION,
            device: Secret::new(keys.to_secret().as_slice()),
            member,
            name,
            incarnation: Incarnation(incarnation),
            relay: None,
            home_zone,
            space: None,
            pending: None,
        }
    }

    /// Where the couple's day is; one's own before pairing.
    pub(super) fn zone(&self) -> &HomeZone {
        self.space.as_ref().map_or(&self.home_zone, |space| &space.home_zone)
    }
}
