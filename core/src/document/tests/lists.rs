//! Lists: what two people do to them at once, and what their order is.

use super::hostile_lists::forged;
use super::*;
use crate::document::schema::list::{between, spread};
use automerge::ROOT;
use automerge::transaction::Transactable;
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::BTreeMap;

pub(super) const TITLE: u32 = 1;

pub(super) fn list() -> Document {
    Document::new(Schema::List).expect("a new list")
}

pub(super) fn item(nth: u8) -> ItemId {
    ItemId::Fresh([nth; 16])
}

pub(super) fn titled(title: &str) -> BTreeMap<u32, String> {
    [(TITLE, title.to_owned())].into()
}

pub(super) fn add(document: &mut Document, actor: Actor, nth: u8, behind: Option<u8>, title: &str) -> Vec<u8> {
    let change = document.add_item(actor, item(nth), behind.map(item), &titled(title)).expect("adds");
    change.expect("a change").bytes
}

pub(super) fn edit(document: &mut Document, actor: Actor, nth: u8, title: &str) -> Vec<u8> {
    document.edit_item(actor, item(nth), TITLE, title).expect("edits").expect("a change").bytes
}

pub(super) fn remove(document: &mut Document, actor: Actor, nth: u8) -> Vec<u8> {
    document.remove_item(actor, item(nth)).expect("removes").bytes
}

fn shift(document: &mut Document, actor: Actor, nth: u8, behind: Option<u8>) -> Vec<u8> {
    document.move_item(actor, item(nth), behind.map(item)).expect("moves").expect("a change").bytes
}

/// The list as people see it: title and whether it was restored.
pub(super) fn shown(document: &Document) -> Vec<(String, bool)> {
    let items = document.items();
    let title = |item: &Item| item.fields.get(&TITLE).map(|values| values[0].text.text.clone()).unwrap_or_default();
    items.iter().map(|item| (title(item), item.restored)).collect()
}

fn titles(document: &Document) -> Vec<String> {
    shown(document).into_iter().map(|(title, _)| title).collect()
}

#[test]
fn the_first_change_of_a_list_is_a_constant() {
    use automerge::transaction::CommitOptions;

    let actor = &hash(&[b"amends/actor/0", b"list"])[..Actor::LEN];
    let mut automerge = Automerge::new_with_encoding(TextEncoding::UnicodeCodePoint);
    automerge.set_actor(ActorId::from(actor));
    let mut transaction = automerge.transaction();
    transaction.put(automerge::ROOT, "schema", "list").expect("puts");
    transaction.commit_with(CommitOptions::default().with_time(0));
    let change = automerge.get_last_local_change().expect("is there");
    assert_eq!(change.raw_bytes(), Schema::List.root(), "{:02x?}", change.raw_bytes());
    assert_eq!(list().heads(), [inspect_change(Schema::List.root()).expect("reads").hash]);
    assert!(list().items().is_empty());
}

#[test]
fn items_are_added_worded_moved_and_removed() {
    let mut mine = list();
    add(&mut mine, ANNA, 1, None, "chores");
    add(&mut mine, ANNA, 2, Some(1), "holiday");
    add(&mut mine, ANNA, 3, None, "money");
    assert_eq!(titles(&mine), ["money", "chores", "holiday"]);
    shift(&mut mine, ANNA, 3, Some(1));
    assert_eq!(titles(&mine), ["chores", "money", "holiday"]);
    shift(&mut mine, ANNA, 2, None);
    edit(&mut mine, ANNA, 1, "who cooks");
    assert_eq!(titles(&mine), ["holiday", "who cooks", "money"]);
    remove(&mut mine, ANNA, 1);
    assert_eq!(titles(&mine), ["holiday", "money"]);
    // What changes nothing makes no change.
    assert_eq!(mine.edit_item(ANNA, item(2), TITLE, "holiday"), Ok(None));
    assert_eq!(mine.move_item(ANNA, item(3), Some(item(2))), Ok(None));
    assert_eq!(mine.move_item(ANNA, item(2), None), Ok(None));
    assert_eq!(mine.add_item(ANNA, item(2), None, &titled("holiday")), Ok(None));
    // What was removed is there again with its words.
    mine.add_item(ANNA, item(1), Some(item(2)), &BTreeMap::new()).expect("adds");
    assert_eq!(
        shown(&mine),
        [("holiday", false), ("who cooks", false), ("money", false)]
            .map(|(title, restored)| (title.to_owned(), restored))
    );
    let saved = mine.save().expect("saves");
    let (loaded, _) = Document::load(Schema::List, &saved, []).expect("loads");
    assert_eq!(loaded.items(), mine.items());
}

#[test]
fn what_is_not_there_is_not_touched() {
    let mut mine = list();
    add(&mut mine, ANNA, 1, None, "chores");
    let before = mine.heads();
    let missing = DocumentError::UnknownItem;
    assert_eq!(mine.edit_item(ANNA, item(9), TITLE, "x"), Err(missing.clone()));
    assert_eq!(mine.remove_item(ANNA, item(9)), Err(missing.clone()));
    assert_eq!(mine.move_item(ANNA, item(9), None), Err(missing.clone()));
    assert_eq!(mine.move_item(ANNA, item(1), Some(item(9))), Err(missing.clone()));
    assert_eq!(mine.add_item(ANNA, item(2), Some(item(9)), &titled("x")), Err(missing));
    assert_eq!(mine.edit_item(ANNA, item(1), 0, "x"), Err(DocumentError::UnknownField));
    assert_eq!(
        mine.edit_item(ANNA, item(1), TITLE, &"é".repeat(LIST_FIELD_MAX + 1)),
        Err(DocumentError::TooLong { most: LIST_FIELD_MAX })
    );
    assert_eq!(mine.heads(), before);
    assert!(mine.edit_item(ANNA, item(1), TITLE, &"é".repeat(LIST_FIELD_MAX)).is_ok());
    // A note is no list, and a list no note.
    assert_eq!(note().add_item(ANNA, item(1), None, &titled("x")), Err(DocumentError::UnknownField));
    assert_eq!(note().remove_item(ANNA, item(1)), Err(DocumentError::UnknownField));
    assert_eq!(mine.splice(ANNA, ScalarPosition(0), 0, "x"), Err(DocumentError::UnknownField));
    assert_eq!(mine.set(ANNA, Field::Title, "x"), Err(DocumentError::UnknownField));
    assert_eq!(mine.text().text, "");
    let save = mine.save().expect("saves");
    assert_eq!(Document::load(Schema::Note, &save, []).map(|_| ()), Err(DocumentError::Unreadable(Refusal::Schema)));
}

/// Add and edit win over a removal that did not know of them, and the list says that the item was restored, until the next edit.
#[test]
fn an_edit_revives_an_item_removed_meanwhile_and_says_so() {
    let (mut mine, mut yours) = (list(), list());
    let added = add(&mut mine, ANNA, 1, None, "chores");
    applied(&mut yours, [added]);
    let removed = remove(&mut mine, ANNA, 1);
    let edited = edit(&mut yours, BEN, 1, "who cooks");
    applied(&mut mine, [edited]);
    applied(&mut yours, [removed]);
    for list in [&mine, &yours] {
        assert_eq!(shown(list), [("who cooks".to_owned(), true)]);
    }
    // Saying the same again takes it up; so would any edit.
    let again = edit(&mut mine, ANNA, 1, "who cooks");
    applied(&mut yours, [again]);
    assert_eq!(
        (shown(&mine), shown(&yours)),
        (vec![("who cooks".to_owned(), false)], vec![("who cooks".to_owned(), false)])
    );
    // Removed by somebody who knows of the edit it is gone, and moving it does not bring it back.
    let removed = remove(&mut mine, ANNA, 1);
    add(&mut yours, BEN, 2, Some(1), "second");
    let moved = shift(&mut yours, BEN, 1, Some(2));
    applied(&mut yours, [removed]);
    assert_eq!(shown(&yours), [("second".to_owned(), false)]);
    assert!(!moved.is_empty());
}

/// G5: two wordings at once are both kept; the next edit is over both.
#[test]
fn two_wordings_at_once_are_both_kept() {
    let (mut mine, mut yours) = (list(), list());
    applied(&mut yours, [add(&mut mine, ANNA, 1, None, "chores")]);
    let one = edit(&mut mine, ANNA, 1, "who cooks");
    let other = edit(&mut yours, BEN, 1, "who cleans");
    applied(&mut mine, [other]);
    applied(&mut yours, [one]);
    let values = |document: &Document| document.items()[0].fields[&TITLE].clone();
    assert_eq!((values(&mine).len(), values(&mine)), (2, values(&yours)));
    applied(&mut yours, [edit(&mut mine, ANNA, 1, "who does what")]);
    assert_eq!(titles(&yours), ["who does what"]);
    assert_eq!(values(&yours).len(), 1);
    let cleared = mine.edit_item(ANNA, item(1), TITLE, "").expect("clears").expect("a change");
    applied(&mut yours, [cleared.bytes]);
    assert!(yours.items()[0].fields.is_empty() && yours.items().len() == 1);
}

/// A card placed on both phones offline is one item.
#[test]
fn an_entry_placed_twice_is_one_item() {
    let placed = ItemId::Placed(EntryId([7; 32]));
    let (mut mine, mut yours) = (list(), list());
    let one = mine.add_item(ANNA, placed, None, &BTreeMap::new()).expect("adds").expect("a change");
    let other = yours.add_item(BEN, placed, None, &BTreeMap::new()).expect("adds").expect("a change");
    applied(&mut mine, [other.bytes]);
    applied(&mut yours, [one.bytes]);
    assert_eq!((mine.items().len(), mine.items()), (1, yours.items()));
    // Removing takes both away that were seen.
    remove_placed(&mut mine, placed);
    assert!(mine.items().is_empty());
}

fn remove_placed(document: &mut Document, id: ItemId) {
    document.remove_item(ANNA, id).expect("removes");
}

/// What somebody says of an item holds for what they saw of it: an edit that they did not know of opens it again, a move does not.
#[test]
fn an_item_is_touched_by_what_one_did_not_know_of() {
    let (mut mine, mut yours) = (list(), list());
    applied(&mut yours, [add(&mut mine, ANNA, 1, None, "chores"), add(&mut mine, ANNA, 2, None, "money")]);
    let heads = mine.heads();
    assert!(!mine.is_touched(&item(1), &heads) && mine.is_touched(&item(1), &[]));
    applied(&mut mine, [shift(&mut yours, BEN, 1, None), edit(&mut yours, BEN, 2, "money and time")]);
    assert!(!mine.is_touched(&item(1), &heads), "moving is no wording");
    assert!(mine.is_touched(&item(2), &heads));
    applied(&mut mine, [edit(&mut yours, BEN, 1, "")]);
    assert!(mine.is_touched(&item(1), &heads), "taking words away is one");
    assert!(!mine.is_touched(&item(1), &mine.heads()));
    assert!(mine.is_touched(&item(1), &[ChangeHash([9; 32])]), "heads that nobody has are no knowledge");
    // Statements name items by 32 bytes, in one list only.
    let subject = item(1).subject(&EntryId([1; 32]));
    assert_ne!(subject, item(1).subject(&EntryId([2; 32])));
    assert_eq!(ItemId::Placed(EntryId([7; 32])).subject(&EntryId([1; 32])).0, [7; 32]);
}

#[test]
fn ids_are_written_one_way() {
    for id in [item(1), item(0xFF), ItemId::Placed(EntryId([0xFE; 32]))] {
        assert_eq!(ItemId::parse(&id.text()), Some(id));
    }
    let text = item(1).text();
    for other in [
        "",
        "AQ",
        &format!("{text}="),
        &format!("{text}A"),
        &text[..21],
        &format!("{}B", &text[..21]),
        &text.replace('A', "+"),
        &"A".repeat(64),
    ] {
        assert_eq!(ItemId::parse(other), None, "{other}");
    }
}

#[test]
fn there_is_a_place_between_any_two_until_it_would_be_too_long() {
    assert_eq!(between("", None).as_deref(), Some("V"));
    assert_eq!(between("V", Some("V")), None);
    assert_eq!(between("b", Some("a")), None);
    assert_eq!(between("a", Some("b")).as_deref(), Some("aV"));
    assert_eq!(between("zz", None).as_deref(), Some("zzV"));
    assert_eq!(between("", Some("01")).as_deref(), Some("00V"));
    assert_eq!(between(&"z".repeat(ORDER_MAX), None), None);
    let all = spread(1_000);
    assert!(
        all.is_sorted_by(|one, other| one < other) && all.iter().all(|place| place.len() <= 3 && !place.ends_with('0'))
    );
}

/// Always in front of the same item, until places are too long: then all are laid out anew and the order stays.
#[test]
fn places_that_grow_too_long_are_laid_out_anew() {
    let (mut mine, mut yours) = (list(), list());
    let mut changes = vec![add(&mut mine, ANNA, 250, None, "last")];
    for nth in 0..=240 {
        let behind = (nth > 0).then(|| nth - 1);
        changes.push(add(&mut mine, ANNA, nth, behind, &format!("{nth:03}")));
    }
    let expected: Vec<String> = (0..=240).map(|nth| format!("{nth:03}")).chain(["last".to_owned()]).collect();
    assert_eq!(titles(&mine), expected);
    applied(&mut yours, changes);
    assert_eq!(titles(&yours), expected);
    // Many at one place: two phones put items behind the same one.
    let mut theirs = Vec::new();
    for nth in [241, 242] {
        theirs.push(add(&mut yours, BEN, nth, Some(0), &format!("{nth}")));
    }
    let ours = add(&mut mine, ANNA, 243, Some(0), "243");
    applied(&mut mine, theirs);
    applied(&mut yours, [ours]);
    assert_eq!(titles(&mine), titles(&yours));
    let third = mine.items()[2].id;
    let moved = mine.move_item(ANNA, item(240), Some(third)).expect("moves").expect("a change");
    assert_eq!(mine.items()[3].id, item(240), "between two at one place too");
    applied(&mut yours, [moved.bytes]);
    assert_eq!(titles(&mine), titles(&yours));
}

#[test]
fn a_list_has_so_many_items_and_no_more() {
    let full = |count: usize| {
        let mut mine = list();
        let id = |nth: usize| ItemId::Placed(EntryId(hash(&[&nth.to_be_bytes()])));
        let change = forged(&mut mine, BEN, |writing| {
            (0..count).try_for_each(|nth| writing.put(ROOT, format!("{}/alive", id(nth).text()), "1"))
        });
        let mut yours = list();
        applied(&mut yours, [change]);
        assert_eq!(yours.items().len(), count);
        // In front of, and behind, items that were never given a place.
        yours.add_item(ANNA, item(1), Some(id(7)), &titled("x")).map(|_| yours)
    };
    let one_more = full(LIST_ITEMS_MAX - 1).expect("there is room");
    let items = one_more.items();
    let at = items.iter().position(|found| found.id == item(1)).expect("added");
    assert_eq!(items[at - 1].id, ItemId::Placed(EntryId(hash(&[&7_usize.to_be_bytes()]))));
    assert_eq!(full(LIST_ITEMS_MAX).map(|_| ()), Err(DocumentError::Full));
}

#[derive(Debug, Clone)]
enum Deed {
    Add(u8, Option<u8>, u8),
    Edit(u8, u8),
    Remove(u8),
    Move(u8, Option<u8>),
    Hear(Index, u64),
}

fn deeds() -> impl Strategy<Value = Vec<(Index, Deed)>> {
    let behind = || prop::option::of(0..6u8);
    let deed = prop_oneof![
        4 => (0..6u8, behind(), any::<u8>()).prop_map(|(item, behind, title)| Deed::Add(item, behind, title)),
        4 => (0..6u8, any::<u8>()).prop_map(|(item, title)| Deed::Edit(item, title)),
        2 => (0..6u8).prop_map(Deed::Remove),
        3 => (0..6u8, behind()).prop_map(|(item, behind)| Deed::Move(item, behind)),
        4 => (any::<Index>(), any::<u64>()).prop_map(|(from, mask)| Deed::Hear(from, mask)),
    ];
    prop::collection::vec((any::<Index>(), deed), 1..40)
}

/// What the model knows of one item: tokens of being there and of being gone, with the changes that made them.
#[derive(Debug, Clone, Default)]
struct Model {
    /// For each change, in order of making: its phone's knowledge then, and what it did to which item.
    history: Vec<(BTreeSet<usize>, u8, Effect)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// There anew, with a title or as it was.
    Revive(Option<u8>),
    Remove,
    Move,
}

use std::collections::BTreeSet;

impl Model {
    /// Of one item: whether it is there, whether it was restored, and its titles.
    fn item(&self, item: u8) -> (bool, bool, BTreeSet<u8>) {
        let of = |fits: &dyn Fn(Effect) -> bool| -> Vec<usize> {
            let all = self.history.iter().enumerate();
            all.filter(|(_, (_, other, effect))| *other == item && fits(*effect)).map(|(at, _)| at).collect()
        };
        let unseen = |at: &usize, by: &[usize]| !by.iter().any(|other| self.history[*other].0.contains(at));
        let revived = of(&|effect| matches!(effect, Effect::Revive(_)));
        let removed = of(&|effect| effect == Effect::Remove);
        let worded = of(&|effect| matches!(effect, Effect::Revive(Some(_))));
        // A token stands until somebody who saw it removes the item or revives it anew.
        let both: Vec<usize> = revived.iter().chain(&removed).copied().collect();
        let there = revived.iter().any(|at| unseen(at, &both));
        let gone = removed.iter().any(|at| unseen(at, &both));
        let titles = worded.iter().filter(|at| unseen(at, &worded)).filter_map(|at| match self.history[*at].2 {
            Effect::Revive(title) => title,
            _ => None,
        });
        (there, there && gone, titles.collect())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Add-wins, as a model of who knew what has it; equal lists in whatever order changes arrive; nothing worded is lost.
    #[test]
    fn lists_are_what_the_model_says(history in deeds()) {
        let actors = [ANNA, BEN, Actor([0xc3; 16])];
        let mut phones = [list(), list(), list()];
        let mut known: [BTreeSet<usize>; 3] = Default::default();
        let mut model = Model::default();
        let mut changes: Vec<Vec<u8>> = Vec::new();
        for (phone, deed) in history {
            let at = phone.index(3);
            let phone = &mut phones[at];
            let (made, nth, effect) = match deed {
                Deed::Hear(from, mask) => {
                    let from = from.index(3);
                    let sent: Vec<usize> = known[from].iter().copied().filter(|nth| mask >> (nth % 64) & 1 == 1).collect();
                    // Only what its causal past allows is part of the document, and of what the phone knows.
                    for nth in sent {
                        if model.history[nth].0.is_subset(&known[at]) {
                            phones[at].apply([changes[nth].clone()]);
                            known[at].insert(nth);
                        }
                    }
                    continue;
                }
                Deed::Add(nth, behind, title) => {
                    (phone.add_item(actors[at], item(nth), behind.map(item), &titled(&format!("{title}"))), nth, Effect::Revive(Some(title)))
                }
                Deed::Edit(nth, title) => (phone.edit_item(actors[at], item(nth), TITLE, &format!("{title}")), nth, Effect::Revive(Some(title))),
                Deed::Remove(nth) => (phone.remove_item(actors[at], item(nth)).map(Some), nth, Effect::Remove),
                Deed::Move(nth, behind) => (phone.move_item(actors[at], item(nth), behind.map(item)), nth, Effect::Move),
            };
            if let Ok(Some(change)) = made {
                // A wording that stood already was not written again.
                let before = model.item(nth);
                let effect = match effect {
                    Effect::Revive(Some(title)) if !writes_title(&model, &known[at], nth, title) => Effect::Revive(None),
                    effect => effect,
                };
                prop_assert!(before.0 || !before.1);
                model.history.push((known[at].clone(), nth, effect));
                known[at].insert(changes.len());
                changes.push(change.bytes);
            }
        }
        for phone in &mut phones {
            phone.apply(changes.iter().rev().cloned());
        }
        let items = phones[0].items();
        prop_assert_eq!(&phones[1].items(), &items);
        prop_assert_eq!(&phones[2].items(), &items);
        for nth in 0..6 {
            let (there, restored, titles) = model.item(nth);
            let found = items.iter().find(|found| found.id == item(nth));
            prop_assert_eq!(found.is_some(), there, "item {} of {:?}", nth, model);
            if let Some(found) = found {
                prop_assert_eq!(found.restored, restored, "item {} of {:?}", nth, model);
                let shown: BTreeSet<String> = found.fields.get(&TITLE).into_iter().flatten().map(|value| value.text.text.clone()).collect();
                prop_assert_eq!(shown, titles.iter().map(ToString::to_string).collect());
            }
        }
        let save = phones[0].save().expect("saves");
        prop_assert_eq!(&Document::load(Schema::List, &save, []).expect("loads").0.items(), &items);
    }
}

/// Whether a phone that knows a part of the history writes a title, rather than leave the one that stands there alone.
fn writes_title(model: &Model, known: &BTreeSet<usize>, nth: u8, title: u8) -> bool {
    let seen = Model { history: model.history.clone() };
    let worded: Vec<usize> = known
        .iter()
        .copied()
        .filter(|at| {
            let (_, item, effect) = &seen.history[*at];
            *item == nth && matches!(effect, Effect::Revive(Some(_)))
        })
        .collect();
    let stands: Vec<usize> =
        worded.iter().copied().filter(|at| !worded.iter().any(|other| seen.history[*other].0.contains(at))).collect();
    match stands.as_slice() {
        [only] => seen.history[*only].2 != Effect::Revive(Some(title)),
        _ => true,
    }
}
