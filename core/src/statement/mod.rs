//! Signed statements: what one person says.
