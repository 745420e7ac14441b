//! The store-and-forward relay of Amends: keeps sealed records it cannot read.
