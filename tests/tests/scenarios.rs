//! What two people live through, told with real phones and a real relay over loopback: the acceptance scenarios of agreements,
//! sealed check-ins and vaults, and what bad luck, bad input and other people's doings must not break.
//!
//! Run with `AMENDS_PHONE` and `AMENDS_RELAY` to test programs built already.

#[path = "scenarios/agreements.rs"]
mod agreements;
#[path = "scenarios/check_ins.rs"]
mod check_ins;
#[path = "scenarios/damage.rs"]
mod damage;
#[path = "scenarios/full_disks.rs"]
mod full_disks;
#[path = "scenarios/homes.rs"]
mod homes;
#[path = "scenarios/interface.rs"]
mod interface;
#[path = "scenarios/own_entries.rs"]
mod own_entries;
#[path = "scenarios/packs.rs"]
mod packs;
#[path = "scenarios/pairing.rs"]
mod pairing;
#[path = "scenarios/recovery.rs"]
mod recovery;
#[path = "scenarios/redaction.rs"]
mod redaction;
#[path = "scenarios/relays.rs"]
mod relays;
#[path = "scenarios/vanishing.rs"]
mod vanishing;
#[path = "scenarios/vaults.rs"]
mod vaults;
