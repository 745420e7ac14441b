//! Where a phone keeps what it knows.
