//! The simulated world, scenarios and golden vectors of Amends.

pub mod phones;
pub mod workload;
pub mod world;
