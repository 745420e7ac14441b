//! The client against a real relay, over loopback: what its driver promises beyond what a home and a relay promise alone.

mod pairing;
mod sync;
mod world;
