//! The commands that build, test and show Amends.
fn main() {}
