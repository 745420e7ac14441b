//! Packs between whole phones: made, trimmed behind, fetched, and never believed.

#[path = "packs/hostile.rs"]
mod hostile;
#[path = "packs/life.rs"]
mod life;
#[path = "packs/loss.rs"]
mod loss;
#[path = "packs/redaction.rs"]
mod redaction;
