//! The catalogue, typed entries, derived states and views.
