//! Settings that two people share, each setting their own.

use crate::id::MemberId;
use crate::statement::{Kind, Statement, StatementSet, Value};

/// Number of the waiting hint's field.
pub const WAITING_HINT: u32 = 1;

/// Whether a check-in may show that one answer waits: unless either person switched it off. Two concurrent settings of one
/// person count as off when either is.
pub fn waiting_hint(set: &StatementSet) -> bool {
    let off = |statement: &Statement| {
        let fields = statement.content().ok().flatten().and_then(|content| content.fields);
        fields.and_then(|fields| fields.get(&WAITING_HINT).cloned()) == Some(Value::Bool(false))
    };
    !set.of_kind(Kind::SETTING).any(|statement| set.is_current(statement) && off(statement))
}

/// One member's own current settings, which the next one names in `over`.
pub fn current(set: &StatementSet, member: MemberId) -> impl Iterator<Item = &Statement> {
    set.current(member, Kind::SETTING)
}
