//! stand-in until the generated catalogue is merged
use super::{Field, FieldError, Practice, Shape};
use crate::statement::Value;
use std::collections::BTreeMap;

const fn text(number: u32, name: &'static str, limit: usize, required: bool) -> Field {
    Field { number, name, limit, required }
}

static ALL: &[Practice] = &[
    Practice {
        id: "agreement",
        version: 1,
        shape: Shape::Revisions,
        fields: &[
            text(1, "text", 4000, true),
            text(2, "category", 40, false),
            text(3, "examples", 4000, false),
            text(4, "start", 10, false),
            text(5, "review", 10, false),
            text(6, "exceptions", 4000, false),
        ],
    },
    Practice {
        id: "boundary",
        version: 1,
        shape: Shape::OwnEntry,
        fields: &[text(1, "limit", 4000, true), text(2, "if_crossed", 4000, false), text(3, "helps", 4000, false)],
    },
    Practice {
        id: "check_in",
        version: 1,
        shape: Shape::SealedPair,
        fields: &[
            text(1, "mood", 100, false),
            text(2, "energy", 100, false),
            text(3, "need", 4000, false),
            text(4, "appreciation", 4000, false),
            text(5, "raise", 4000, false),
        ],
    },
    Practice {
        id: "appreciation",
        version: 1,
        shape: Shape::OwnEntry,
        fields: &[text(1, "text", 4000, true), text(2, "touched", 4000, false), text(3, "quality", 4000, false)],
    },
    Practice { id: "note", version: 1, shape: Shape::CoText, fields: &[text(1, "title", 200, false)] },
    Practice { id: "journal_entry", version: 1, shape: Shape::Vault, fields: &[text(1, "text", 20000, true)] },
];

/// All.
pub fn all() -> &'static [Practice] {
    ALL
}
/// One.
pub fn find(id: &str) -> Option<&'static Practice> {
    ALL.iter().find(|p| p.id == id)
}

impl Practice {
    /// Parses.
    pub fn parse_fields(&self, fields: &[(String, String)]) -> Result<BTreeMap<u32, Value>, FieldError> {
        let parsed = self.parse_changes(fields)?;
        self.check_complete(&parsed)?;
        Ok(parsed)
    }
    /// Parses without completeness.
    pub fn parse_changes(&self, fields: &[(String, String)]) -> Result<BTreeMap<u32, Value>, FieldError> {
        let mut out = BTreeMap::new();
        for (name, value) in fields {
            let f = self.fields.iter().find(|f| f.name == name).ok_or(FieldError::Unknown)?;
            let value = crate::statement::normalise(value);
            if value.chars().count() > f.limit {
                return Err(FieldError::TooLong);
            }
            out.insert(f.number, Value::Text(value));
        }
        Ok(out)
    }
    /// Complete.
    pub fn check_complete(&self, fields: &BTreeMap<u32, Value>) -> Result<(), FieldError> {
        if self.fields.iter().any(|f| f.required && !fields.contains_key(&f.number)) {
            return Err(FieldError::Missing);
        }
        Ok(())
    }
    /// Name.
    pub fn field_name(&self, number: u32) -> String {
        self.fields.iter().find(|f| f.number == number).map_or_else(|| format!("field_{number}"), |f| f.name.to_owned())
    }
}
