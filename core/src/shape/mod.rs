//! The merge shapes: pure functions from statements and documents to what a person sees.
