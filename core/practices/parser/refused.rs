// What no practice may ask of a person, as far as words can tell: proof, the inside of somebody's phone, where somebody is,
// when somebody was there, and a number that says how good somebody is.

use super::Fault;
use toml::Spanned;

/// Words that no code may have as a part of its own between underscores, and why.
const REFUSED: [(&[&str], &str); 4] = [
    (
        &[
            "proof",
            "proofs",
            "prove",
            "evidence",
            "screenshot",
            "screenshots",
            "verify",
            "verified",
            "inspect",
            "inspection",
        ],
        "nobody has to prove anything here",
    ),
    (
        &[
            "password",
            "passwords",
            "passcode",
            "pin",
            "login",
            "account",
            "accounts",
            "device",
            "devices",
            "unlock",
            "phone",
        ],
        "nobody opens their phone or accounts for another here",
    ),
    (
        &[
            "location",
            "gps",
            "position",
            "whereabouts",
            "place",
            "places",
            "address",
            "tracking",
            "tracker",
            "map",
            "presence",
            "present",
            "online",
            "offline",
            "typing",
            "last_seen",
            "seen_at",
            "read_at",
            "receipt",
            "receipts",
            "active_now",
        ],
        "where somebody is, and when they were there, is nobody's to ask",
    ),
    (
        &[
            "score",
            "scores",
            "points",
            "streak",
            "streaks",
            "rank",
            "ranking",
            "percent",
            "percentage",
            "balance",
            "grade",
            "level_of_trust",
            "count",
            "total",
            "failed",
            "failure",
            "overdue",
        ],
        "no number and no verdict about a person",
    ),
];

/// Whether a code asks for what must not be asked.
pub(super) fn check(code: &Spanned<String>) -> Result<(), Fault> {
    for (words, why) in REFUSED {
        let padded = format!("_{}_", code.get_ref());
        if let Some(word) = words.iter().find(|word| padded.contains(&format!("_{word}_"))) {
            return Err((code.span(), format!("`{word}` may not stand in the catalogue: {why}")));
        }
    }
    Ok(())
}

/// Units that a whole number may end in. A number without one could be a mark for somebody.
const UNITS: [&str; 4] = ["days", "minutes", "weeks", "months"];

/// Whether a number says what it counts.
pub(super) fn check_number(name: &Spanned<String>) -> Result<(), Fault> {
    let unit = name.get_ref().rsplit('_').next().unwrap_or("");
    if UNITS.contains(&unit) {
        return Ok(());
    }
    Err((
        name.span(),
        format!("a number's name ends in its unit, one of {}: a bare number would be a score", UNITS.join(", ")),
    ))
}
