//! Automerge documents: what two people write together. Automerge stays inside this room.
