//! Packs between whole phones: made, trimmed behind, fetched, and never believed.

#[path = "packs/life.rs"]
mod life;
