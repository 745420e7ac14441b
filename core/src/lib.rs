//! Everything an Amends phone knows: signed statements, merging documents, sealed records and their sync.
