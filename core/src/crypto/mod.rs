//! Keys, certificates, records, pairing, packs: the only room that touches key bytes.
