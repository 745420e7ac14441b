//! The share-scope mark (G11) and the tie between two entries that are one moment.

use super::phones::{Phones, TABLE, member, voices};
use super::*;
use crate::shape::acts::{self, Wish};
use crate::shape::moments;
use crate::shape::scope::{Scope, scope};
use crate::shape::{RuleError, Voices};
use crate::statement::{Kind, Role, Subject};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

const SCOPES: [Scope; 3] = [Scope::JustUs, Scope::TherapistOk, Scope::Open];

fn of_entry(set: &StatementSet) -> Scope {
    scope(&acts::view(set, &voices(set), &TABLE), &voices(set))
}

#[test]
fn g11_of_ones_own_entry_the_authors_mark_counts() {
    let mut phones = Phones::new();
    assert_eq!(phones.healed(of_entry), Scope::JustUs, "nobody said that it may leave");
    phones.does(0, &Wish::new(Scope::TherapistOk.act()), None).expect("hers");
    assert_eq!(phones.healed(of_entry), Scope::TherapistOk);
    phones.does(2, &Wish::new(Scope::Open.act()), None).expect("each has a mark");
    assert_eq!(phones.healed(of_entry), Scope::TherapistOk, "it is not his to open");
    phones.does(1, &Wish::new(Scope::Open.act()), None).expect("hers");
    assert_eq!(phones.healed(of_entry), Scope::Open);
    // Two of her phones at once: the stricter.
    phones.does(0, &Wish::new(Scope::Open.act()), None).expect("hers");
    phones.does(1, &Wish::new(Scope::JustUs.act()), None).expect("hers");
    assert_eq!(phones.healed(of_entry), Scope::JustUs);
    assert!(phones.acts().said.iter().all(|said| said.verdict == acts::Verdict::Counts), "everything has marks");
}

/// The marks of something that nobody made alone.
fn co_owned(marks: &[(MemberId, Scope)]) -> Scope {
    let mut set = StatementSet::default();
    for (me, mark) in marks {
        let voices = Voices::new(&set, [ada(), ben()]);
        let subject = Subject::Target(EntryId([7; 32]));
        let header = acts::act(&set, &voices, &TABLE, *me, (subject, day(1)), &Wish::new(mark.act())).expect("each");
        set.insert(author(*me, header, &Content::act("promise", 1, mark.act())));
    }
    let voices = Voices::new(&set, [ada(), ben()]);
    scope(&acts::view(&set, &voices, &TABLE), &voices)
}

#[test]
fn g11_of_what_belongs_to_both_the_stricter_mark_counts() {
    for one in SCOPES {
        assert_eq!(co_owned(&[(ada(), one)]), Scope::JustUs, "the other said nothing");
        for other in SCOPES {
            assert_eq!(co_owned(&[(ada(), one), (ben(), other)]), one.meet(other));
            assert_eq!(co_owned(&[(ben(), other), (ada(), one)]), one.meet(other));
            // Each takes their own back, the other's stays.
            assert_eq!(co_owned(&[(ada(), one), (ben(), other), (ada(), Scope::Open)]), other);
        }
    }
}

#[test]
fn g11_marks_are_a_semilattice() {
    for a in SCOPES {
        assert_eq!((a.meet(a), a.meet(Scope::Open), a.meet(Scope::JustUs)), (a, a, Scope::JustUs));
        for b in SCOPES {
            assert_eq!(a.meet(b), b.meet(a));
            for c in SCOPES {
                assert_eq!(a.meet(b).meet(c), a.meet(b.meet(c)));
            }
        }
    }
}

const OTHER: EntryId = EntryId([0xFF; 32]);

fn tie(phones: &mut Phones, phone: usize, same: bool) -> Result<StatementId, RuleError> {
    let set = &phones.sets[phone];
    // From either side it is one place.
    let pair = if phone.is_multiple_of(2) { (phones.target, OTHER) } else { (OTHER, phones.target) };
    let header = moments::tie_or_untie(set, &voices(set), &TABLE, member(phone), day(2), pair, same)?;
    let act = if same { "same_moment" } else { "other_moment" };
    Ok(phones.say(phone, header, &Content::act("promise", 1, act)))
}

fn tied(phones: &mut Phones) -> bool {
    phones.healed(|set| moments::tied(&acts::view(set, &voices(set), &TABLE)).contains(&OTHER))
}

#[test]
fn a_tie_is_symmetric_and_either_undoes_it() {
    let mut phones = Phones::new();
    assert_eq!(moments::ends(phones.target, OTHER), moments::ends(OTHER, phones.target));
    assert_eq!(moments::ends(OTHER, OTHER), None);
    assert_eq!(tie(&mut phones, 2, false), Err(RuleError::NotFound), "there is nothing to undo");
    tie(&mut phones, 0, true).expect("either");
    assert!(tied(&mut phones));
    assert_eq!(tie(&mut phones, 3, true), Err(RuleError::NotFound), "it is tied already");
    tie(&mut phones, 3, false).expect("either");
    assert!(!tied(&mut phones));
    tie(&mut phones, 1, true).expect("again");
    assert!(tied(&mut phones));
    tie(&mut phones, 0, false).expect("her own");
    assert!(!tied(&mut phones));
}

/// Undone and made anew at the same time: who ties knew of nothing that speaks against it, so the tie stays.
#[test]
fn a_tie_made_elsewhere_at_the_same_time_stays() {
    let mut phones = Phones::new();
    tie(&mut phones, 0, true).expect("either");
    phones.heal();
    tie(&mut phones, 2, false).expect("either");
    // Ada's tablet has heard of the untying, ties again; her phone has not heard, and both tie and untie cross.
    phones.deliver(2, 1, |_| true);
    tie(&mut phones, 1, true).expect("again");
    phones.deliver(0, 3, |_| true);
    tie(&mut phones, 3, false).expect("he knows the first tie only");
    assert!(tied(&mut phones));
}

proptest! {
    #![proptest_config(cases(128))]

    /// Any history on phones that each know a part: the same on all, and each may undo it afterwards, and tie it again.
    #[test]
    fn ties_converge_and_are_reversible(history in vec((any::<Index>(), any::<bool>(), any::<Index>(), any::<u64>()), 1..20), last in any::<Index>()) {
        let mut phones = Phones::new();
        for (phone, acts, other, mask) in history {
            let (phone, other) = (phone.index(4), other.index(4));
            if acts {
                let _ = tie(&mut phones, phone, mask & 1 == 1);
            } else {
                phones.deliver(other, phone, |at| mask >> (at % 64) & 1 == 1);
            }
        }
        let last = last.index(4);
        for _ in 0..2 {
            let is = tied(&mut phones);
            tie(&mut phones, last, !is).expect("reversible");
            prop_assert_eq!(tied(&mut phones), !is);
        }
    }

    /// G1: what Ben signs changes no mark of Ada's.
    #[test]
    fn g1_a_forged_mark_is_its_signers(mark in 0..3usize, named in vec(any::<Index>(), 0..3)) {
        let mut phones = Phones::new();
        phones.does(0, &Wish::new(Scope::TherapistOk.act()), None).expect("hers");
        phones.heal();
        let ids = phones.ids(2);
        let named: Vec<StatementId> = named.iter().map(|index| ids[index.index(ids.len())]).collect();
        let refs: Vec<(Role, StatementId)> = named.iter().map(|id| (Role::SAW, *id)).collect();
        phones.forge(Kind::ACT, &refs, &named, &Content::act("promise", 1, SCOPES[mark].act()));
        prop_assert_eq!(phones.healed(of_entry), Scope::TherapistOk);
    }
}
