//! Sides: each one's own, whatever the other signs.

use super::phones::{Phones, member, promise, voices};
use super::*;
use crate::shape::two_sides::{self, Side};
use crate::shape::{By, RuleError, own_entry};
use crate::statement::{Kind, Role, Subject};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

fn write(phones: &mut Phones, phone: usize, by: By, text: &str) -> Result<StatementId, RuleError> {
    let set = &phones.sets[phone];
    let header = two_sides::write(set, &voices(set), by, member(phone), phones.target, day(2))?;
    Ok(phones.say(phone, header, &promise(text)))
}

fn redact(phones: &mut Phones, phone: usize) -> Result<StatementId, RuleError> {
    let header = two_sides::redact(&phones.sets[phone], member(phone), phones.target, day(3))?;
    Ok(phones.say(phone, header, &Content::default()))
}

fn sides(phones: &mut Phones, by: By) -> Vec<Side> {
    phones.healed(|set| two_sides::view(set, &voices(set), by))
}

fn standing(sides: &[Side], of: MemberId) -> Vec<String> {
    let text = |side: &Side| match side.fields.as_ref().and_then(|fields| fields.get(&1)) {
        Some(Value::Text(text)) => text.clone(),
        _ => String::new(),
    };
    let mut texts: Vec<String> = sides.iter().filter(|side| side.member == of && side.stands()).map(text).collect();
    texts.sort();
    texts
}

#[test]
fn two_realities_stand_side_by_side() {
    let mut phones = Phones::new();
    write(&mut phones, 0, By::Each, "I came home late").expect("hers");
    write(&mut phones, 2, By::Each, "I waited").expect("his");
    write(&mut phones, 3, By::Each, "I waited long").expect("his other phone's");
    let shown = sides(&mut phones, By::Each);
    assert_eq!(standing(&shown, ada()), ["I came home late"]);
    assert_eq!(standing(&shown, ben()), ["I waited", "I waited long"], "two phones at once are both shown");
    write(&mut phones, 2, By::Each, "I waited, and was worried").expect("his");
    let shown = sides(&mut phones, By::Each);
    assert_eq!(standing(&shown, ben()), ["I waited, and was worried"]);
    assert_eq!(shown.len(), 4, "what was replaced is still there");
}

#[test]
fn where_only_the_other_is_asked_the_author_has_no_side() {
    let mut phones = Phones::new();
    assert_eq!(write(&mut phones, 0, By::Other, "as I see it"), Err(RuleError::Yours));
    let his = write(&mut phones, 2, By::Other, "how I see it").expect("his");
    let header = Header::new(Kind::SIDE, Subject::Target(phones.target), day(2));
    let hers = phones.say(0, header, &promise("past the rules"));
    let shown = sides(&mut phones, By::Other);
    assert_eq!(shown.iter().map(|side| side.hash).collect::<Vec<_>>(), [his]);
    assert_eq!(two_sides::refused(&phones.sets[3], &voices(&phones.sets[3]), By::Other), [hers]);
    // Until the entry is here nobody can tell who is the other.
    let empty = StatementSet::default();
    assert_eq!(
        two_sides::write(&empty, &voices(&empty), By::Other, ben(), phones.target, day(1)),
        Err(RuleError::NotFound)
    );
    // What both write has no author, and two sides.
    assert!(two_sides::write(&empty, &voices(&empty), By::Each, ben(), phones.target, day(1)).is_ok());
    let stranger = MemberId(hash(&[b"stranger"]));
    assert_eq!(
        two_sides::write(&empty, &voices(&empty), By::Each, stranger, phones.target, day(1)),
        Err(RuleError::NotFound)
    );
}

/// G10: whoever takes their words back takes their side back, and nobody else's.
#[test]
fn g10_a_side_is_taken_back_by_its_member() {
    let mut phones = Phones::new();
    assert_eq!(redact(&mut phones, 2), Err(RuleError::NotFound));
    write(&mut phones, 0, By::Each, "hers").expect("hers");
    write(&mut phones, 2, By::Each, "his").expect("his");
    phones.heal();
    let redaction = redact(&mut phones, 2).expect("his words");
    let shown = sides(&mut phones, By::Each);
    assert_eq!((standing(&shown, ada()), standing(&shown, ben())), (vec!["hers".to_owned()], vec![]));
    assert!(shown.iter().any(|side| side.member == ben() && side.redacted && side.fields.is_none()), "its place stays");
    let entry = own_entry::view(&phones.sets[1]).expect("made");
    assert_eq!(entry.state, own_entry::OwnEntryState::Shared, "the author's words are not his to take");
    assert!(!own_entry::refused(&phones.sets[1]).contains(&redaction), "he had words to take back");
    assert_eq!(redact(&mut phones, 3), Err(RuleError::Redacted));
    write(&mut phones, 3, By::Each, "his, anew").expect("new words are not covered");
    assert_eq!(standing(&sides(&mut phones, By::Each), ben()), ["his, anew"]);
}

/// Lifting is the author's, and the next wording takes it up again.
#[test]
fn an_entry_is_lifted_by_its_author_until_it_is_worded_anew() {
    let mut phones = Phones::new();
    let lift = |phones: &mut Phones, phone: usize| {
        let header = own_entry::lift(&phones.sets[phone], member(phone), phones.target, day(2))?;
        Ok(phones.say(phone, header, &Content::default()))
    };
    assert_eq!(lift(&mut phones, 2), Err(RuleError::NotYours));
    let forged = phones.forge(Kind::RETIRE, &[], &[], &Content::default());
    let entry = |phones: &mut Phones| phones.healed(|set| own_entry::view(set).expect("made"));
    assert!(!entry(&mut phones).lifted);
    assert_eq!(own_entry::refused(&phones.sets[0]), [forged]);
    lift(&mut phones, 0).expect("hers");
    lift(&mut phones, 1).expect("hers");
    assert!(entry(&mut phones).lifted);
    phones.edit(1, "again").expect("hers");
    assert!(!entry(&mut phones).lifted, "the new words name both endings");
}

#[derive(Debug, Clone)]
enum Deed {
    Write,
    Redact,
    Forge(u16, Vec<Index>),
    Hear(Index, u64),
}

fn deeds() -> impl Strategy<Value = Vec<(Index, Deed)>> {
    let deed = prop_oneof![
        5 => Just(Deed::Write),
        1 => Just(Deed::Redact),
        2 => (1..=21u16, vec(any::<Index>(), 0..4)).prop_map(|(kind, named)| Deed::Forge(kind, named)),
        5 => (any::<Index>(), any::<u64>()).prop_map(|(from, mask)| Deed::Hear(from, mask)),
    ];
    vec((any::<Index>(), deed), 1..25)
}

proptest! {
    #![proptest_config(cases(128))]

    /// G1, G4, G5, I2, I7: each one's sides are what they wrote, as they wrote it, and none of Ada's is lost by what Ben signs.
    #[test]
    fn histories_of_sides(history in deeds()) {
        let mut phones = Phones::new();
        let mut written = Vec::new();
        for (at, (phone, deed)) in history.iter().enumerate() {
            let phone = phone.index(4);
            match deed {
                Deed::Write => {
                    let text = format!("words {at}");
                    write(&mut phones, phone, By::Each, &text).expect("each has a side");
                    written.push((member(phone), text));
                }
                Deed::Redact => drop(redact(&mut phones, phone)),
                Deed::Forge(kind, named) => {
                    let ids = phones.ids(2);
                    let named: Vec<StatementId> = named.iter().map(|index| ids[index.index(ids.len())]).collect();
                    let refs: Vec<(Role, StatementId)> = named.iter().map(|id| (Role::SUBJECT, *id)).collect();
                    let hers = |phones: &Phones| {
                        let set = &phones.sets[2];
                        let sides = two_sides::view(set, &voices(set), By::Each);
                        sides.into_iter().filter(|side| side.member == ada()).collect::<Vec<_>>()
                    };
                    let before = hers(&phones);
                    let forged = if Kind(*kind) == Kind::SIDE { promise("forged") } else { Content::default() };
                    phones.forge(Kind(*kind), &refs, &named, &forged);
                    prop_assert_eq!(hers(&phones), before, "I3");
                    written.push((ben(), "forged".to_owned()));
                }
                Deed::Hear(from, mask) => {
                    let from = from.index(4);
                    phones.deliver(from, phone, |at| mask >> (at % 64) & 1 == 1);
                }
            }
        }
        let shown = sides(&mut phones, By::Each);
        for member in [ada(), ben()] {
            for text in standing(&shown, member) {
                prop_assert!(written.contains(&(member, text)), "G4");
            }
        }
        // Of Ben's own, what he signs past the rules may replace what he wrote.
        let hers = || shown.iter().filter(|side| side.member == ada());
        let wrote = written.iter().any(|(who, _)| *who == ada());
        prop_assert!(!wrote || hers().any(|side| side.current) || hers().all(|side| side.redacted), "G5");
    }
}
