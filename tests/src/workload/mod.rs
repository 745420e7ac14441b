//! Ten years of a couple: a seeded plan of what two people do, and four phones that really do it.
//!
//! [`Plan`] is data: the same seed gives the same sessions on every machine. [`Couple`] carries sessions out through the public
//! interface of homes that meet at a [`MemoryRelay`], flushing by the flush rule, so what lies in the stores afterwards is what
//! phones would have written.
//!
//! ```no_run
//! use amends_tests::workload::{Couple, Plan};
//!
//! let plan = Plan::new(1, 90);
//! let mut couple = Couple::found(1, Couple::memory_stores(), plan.first_day());
//! for session in plan.sessions() {
//!     couple.play(session);
//! }
//! assert!(couple.is_settled());
//! ```

mod couple;
mod pairing;
mod plan;
mod relay;
mod words;

pub use couple::{BoxedStore, Couple, Phone, PhoneHome, exchange, moment};
pub use pairing::{pair_device, pair_partners};
pub use plan::{Action, Fields, PHONES, Plan, Session, TEN_YEARS};
pub use relay::MemoryRelay;
pub use words::Words;
