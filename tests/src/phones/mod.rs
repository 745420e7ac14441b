//! Real phones and a real relay, as processes, for tests.
//!
//! [`Couple`] sets the stage: a relay behind a [`Tap`], and two phones that are paired. A [`Phone`] runs one process for each
//! command, or a [`Shell`] for many; a [`Relay`] comes and goes under one address. Whatever goes wrong panics and says what the
//! program said: this is a test's tool, and a test has no use for an error.
//!
//! Nothing here waits a while and hopes. What is waited for is a line, an event or the end of a process; the deadline is a
//! safety net for a program that hangs.

mod canary;
mod couple;
mod pairing;
mod phone;
mod process;
mod programs;
mod relay;
mod reply;
mod shell;
mod tap;

pub use canary::Canary;
pub use couple::{Couple, shared};
pub use pairing::{pair, pair_by_words, pair_own_device};
pub use phone::{Conversation, Phone, TODAY};
pub use process::Running;
pub use programs::{phone_program, relay_program};
pub use relay::Relay;
pub use reply::{Reply, exit, text};
pub use shell::Shell;
pub use tap::Tap;
