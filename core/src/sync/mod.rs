//! The sans-IO engine: outbox, flush, cursors, gaps, packs, quarantine.
