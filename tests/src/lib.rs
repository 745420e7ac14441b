//! The simulated world, scenarios and golden vectors of Amends.

pub mod workload;
