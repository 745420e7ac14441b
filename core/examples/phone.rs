//! A scriptable phone for the terminal: everything an Amends phone does, one command at a time, over the same
//! [`Client`](amends_core::client::Client) that the apps use.
//!
//! `phone --help` documents its interface, which is stable: other programs drive it.

#[path = "phone/mod.rs"]
mod phone;

fn main() -> std::process::ExitCode {
    phone::main()
}
