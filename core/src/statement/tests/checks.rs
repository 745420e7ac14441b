//! What each kind must be like, and that nothing else passes.

use super::*;
use crate::statement::{Item, Refusal, check, check_header};

/// A sound statement of every known kind.
fn sound() -> Vec<(Header, Content)> {
    let entry = Subject::Target(EntryId(seed("entry")));
    let occurrence = Subject::Occurrence { series: SeriesId(seed("series")), day: day(9) };
    let all = Subject::Target(owner().into());
    let fields = || Content::of("agreement", 1, [(1, Value::Text("words".to_owned()))].into());
    let h = |kind, subject| Header::new(kind, subject, day(9));
    let kept = Body { nonce: [7; 32], content: fields().encode() }.to_bytes();
    let transcript = Some([3; 32]);
    let missing = Some(vec![(DeviceId(seed("d")), Incarnation([1; 8]), 1, 4)]);
    vec![
        (h(Kind::CREATE, Subject::Fresh([1; 16])), fields()),
        (h(Kind::EDIT, entry), fields()),
        (h(Kind::REDACT, entry), Content::default()),
        (h(Kind::PROPOSE, Subject::Fresh([1; 16])), fields()),
        (h(Kind::PROPOSE, entry).naming(Role::PARENT, id("a")).naming(Role::PARENT, id("b")), fields()),
        (h(Kind::CONSENT, entry).naming(Role::SUBJECT, id("a")), Content::default()),
        (h(Kind::DECLINE, entry).naming(Role::SUBJECT, id("a")), Content::default()),
        (h(Kind::DECLINE, entry).naming(Role::SUBJECT, id("a")), Content::text("not yet")),
        (h(Kind::COMMENT, entry), Content::text("hm")),
        (h(Kind::WITHDRAW, entry), Content::default()),
        (h(Kind::RETIRE, entry), Content::default()),
        (h(Kind::ACKNOWLEDGE, entry).naming(Role::SUBJECT, id("a")), Content::default()),
        (h(Kind::COMMIT, occurrence), fields()),
        (h(Kind::COMMIT, occurrence), Content { fields: None, ..fields() }),
        (
            h(Kind::OPEN, occurrence).naming(Role::OWN_COMMITMENT, id("a")).naming(Role::PARTNER_COMMITMENT, id("b")),
            fields(),
        ),
        (h(Kind::TAKE_BACK, occurrence).naming(Role::OWN_COMMITMENT, id("a")), Content::default()),
        (h(Kind::SHARE_ANYWAY, occurrence).naming(Role::OWN_COMMITMENT, id("a")), fields()),
        (
            h(Kind::SEALED_ANSWER, entry).naming(Role::OWN_COMMITMENT, id("a")),
            Content { commitment: Some(kept), space: Some(SpaceId(seed("other space"))), ..Content::default() },
        ),
        (h(Kind::SETTING, all), Content { fields: fields().fields, ..Content::default() }),
        (h(Kind::ROSTER, all), Content { roster: Some(vec![1]), transcript, ..Content::default() }),
        (h(Kind::REFILL, all), Content { missing, ..Content::default() }),
        (h(Kind::SIDE, entry), fields()),
        (h(Kind::ACT, entry), Content::act("agreement", 1, "kept")),
        (h(Kind::ACT, occurrence), Content { fields: fields().fields, ..Content::act("agreement", 1, "move") }),
    ]
}

fn of(kind: Kind) -> (Header, Content) {
    sound().into_iter().find(|(header, _)| header.kind == kind).expect("every kind is there")
}

fn verdict(header: &Header, content: &Content) -> Result<(), Refusal> {
    check(&say(ada(), header.clone(), content))
}

#[test]
fn every_kind_has_a_sound_example() {
    for kind in (1..=20).map(Kind) {
        assert!(kind.is_known(), "{kind:?}");
        of(kind);
    }
    for (header, content) in sound() {
        assert_eq!(verdict(&header, &content), Ok(()), "{:?}", header.kind);
    }
}

#[test]
fn every_kind_refuses_another_kind_of_subject() {
    let subjects = [
        Subject::Fresh([1; 16]),
        Subject::Target(EntryId(seed("entry"))),
        Subject::Target(owner().into()),
        Subject::Occurrence { series: SeriesId(seed("series")), day: day(9) },
    ];
    for (header, content) in sound() {
        for subject in subjects {
            let fits = match (subject, header.kind) {
                (Subject::Fresh(_), kind) => matches!(kind, Kind::CREATE | Kind::PROPOSE),
                (Subject::Occurrence { .. }, kind) => {
                    matches!(kind, Kind::COMMIT | Kind::OPEN | Kind::TAKE_BACK | Kind::SHARE_ANYWAY | Kind::ACT)
                }
                (Subject::Target(target), Kind::SETTING | Kind::ROSTER | Kind::REFILL) => target == owner().into(),
                (Subject::Target(_), kind) => {
                    !matches!(kind, Kind::CREATE | Kind::COMMIT | Kind::OPEN | Kind::TAKE_BACK | Kind::SHARE_ANYWAY)
                }
            };
            let expected = if fits { Ok(()) } else { Err(Refusal::BadSubject) };
            let other = Header { subject, ..header.clone() };
            assert_eq!(verdict(&other, &content), expected, "{:?} {subject:?}", header.kind);
        }
    }
}

#[test]
fn a_ref_that_is_needed_is_needed_once() {
    for (header, content) in sound() {
        for role in [Role::SUBJECT, Role::OWN_COMMITMENT, Role::PARTNER_COMMITMENT] {
            let times = header.named(role).count();
            let mut without = header.clone();
            without.refs.retain(|named| named.role != role);
            if times == 1 && header.kind != Kind::COMMENT {
                assert_eq!(verdict(&without, &content), Err(Refusal::BadRefs), "{:?} without {role:?}", header.kind);
                let twice = header.clone().naming(role, id("c"));
                assert_eq!(verdict(&twice, &content), Err(Refusal::BadRefs), "{:?} twice {role:?}", header.kind);
            }
        }
        // Roles from a newer version are kept and mean nothing here.
        assert_eq!(verdict(&header.clone().naming(Role(900), id("c")), &content), Ok(()));
    }
    let (comment, content) = of(Kind::COMMENT);
    let once = comment.naming(Role::SUBJECT, id("a"));
    assert_eq!(verdict(&once, &content), Ok(()));
    assert_eq!(verdict(&once.naming(Role::SUBJECT, id("b")), &content), Err(Refusal::BadRefs));
    for kind in [Kind::CREATE, Kind::EDIT, Kind::PROPOSE] {
        let (header, content) = of(kind);
        let worded = header.clone().naming(Role::SUBJECT, id("w"));
        assert_eq!(verdict(&worded, &content), Err(Refusal::BadRefs), "{kind:?}: a wording of nothing");
        let once = header.naming(Role::ABOUT, id("a"));
        assert_eq!(verdict(&once, &content), Ok(()));
        assert_eq!(verdict(&once.clone().naming(Role::ABOUT, id("b")), &content), Err(Refusal::BadRefs));
        let exact = once.naming(Role::SUBJECT, id("w"));
        assert_eq!(verdict(&exact, &content), Ok(()));
        assert_eq!(verdict(&exact.naming(Role::SUBJECT, id("v")), &content), Err(Refusal::BadRefs));
    }
    // An act may name many of each.
    let (act, content) = of(Kind::ACT);
    let many = (0..64).fold(act, |act, at| act.naming(Role([2, 3, 6, 7][at % 4]), id(&at.to_string())));
    assert_eq!(verdict(&many, &content), Ok(()));
}

/// Every part of a content alone, so that each kind meets each part it has no place for.
fn parts() -> Vec<Content> {
    let words = |text: &str| Some(text.to_owned());
    vec![
        Content { practice: words("agreement"), ..Content::default() },
        Content { version: Some(1), ..Content::default() },
        Content { fields: Some([].into()), ..Content::default() },
        Content { text: words("aside"), ..Content::default() },
        Content { commitment: Some(Body { nonce: [0; 32], content: vec![0xa0] }.to_bytes()), ..Content::default() },
        Content { roster: Some(vec![]), ..Content::default() },
        Content { missing: Some(vec![]), ..Content::default() },
        Content { space: Some(SpaceId(seed("other space"))), ..Content::default() },
        Content { transcript: Some([0; 32]), ..Content::default() },
        Content { act: words("kept"), ..Content::default() },
    ]
}

fn joined(a: &Content, b: &Content) -> Content {
    let (a, b) = (a.clone(), b.clone());
    Content {
        practice: a.practice.or(b.practice),
        version: a.version.or(b.version),
        fields: a.fields.or(b.fields),
        text: a.text.or(b.text),
        commitment: a.commitment.or(b.commitment),
        roster: a.roster.or(b.roster),
        missing: a.missing.or(b.missing),
        space: a.space.or(b.space),
        transcript: a.transcript.or(b.transcript),
        act: a.act.or(b.act),
    }
}

#[test]
fn no_kind_carries_what_it_has_no_place_for() {
    let mut refused = 0;
    for (header, content) in sound() {
        let optional = match header.kind {
            Kind::DECLINE => 1 << 3,
            Kind::COMMIT | Kind::OPEN | Kind::SHARE_ANYWAY | Kind::ACT => 1 << 2,
            _ => 0,
        };
        for part in parts() {
            let more = joined(&content, &part);
            let allowed = more.keys() == content.keys() || part.keys() == optional;
            let expected = if allowed { Ok(()) } else { Err(Refusal::Unexpected) };
            assert_eq!(verdict(&header, &more), expected, "{:?} with key bits {:b}", header.kind, part.keys());
            refused += usize::from(!allowed);
        }
    }
    assert!(refused > 100);
}

#[test]
fn a_kind_without_what_it_needs_is_incomplete() {
    for (header, _) in sound() {
        let needs = !header.kind.is_wordless() && header.kind != Kind::DECLINE;
        let expected = if needs { Err(Refusal::Incomplete) } else { Ok(()) };
        assert_eq!(verdict(&header, &Content::default()), expected, "{:?}", header.kind);
    }
    let (comment, _) = of(Kind::COMMENT);
    assert_eq!(verdict(&comment, &Content::text("")), Err(Refusal::Incomplete));
    let (create, content) = of(Kind::CREATE);
    assert_eq!(verdict(&create, &Content { practice: Some(String::new()), ..content }), Err(Refusal::Incomplete));
    let (refill, _) = of(Kind::REFILL);
    let stretch = |from, to| {
        let missing = Some(vec![(DeviceId(seed("d")), Incarnation([1; 8]), from, to)]);
        verdict(&refill, &Content { missing, ..Content::default() })
    };
    assert_eq!(
        (stretch(1, 1), stretch(0, 1), stretch(2, 1)),
        (Ok(()), Err(Refusal::Malformed), Err(Refusal::Malformed))
    );
}

#[test]
fn words_that_are_kept_for_the_vault_are_refused_in_the_space() {
    let (header, content) = of(Kind::SEALED_ANSWER);
    assert_eq!(verdict(&header, &content), Ok(()));
    let here = Content { space: Some(space()), ..content.clone() };
    assert_eq!(verdict(&header, &here), Err(Refusal::BadSubject));
    let broken = Content { commitment: Some(vec![0; 40]), ..content };
    assert_eq!(verdict(&header, &broken), Err(Refusal::Malformed));
}

/// An act's code is compared and never shown: no letters but those of the catalogue.
#[test]
fn an_act_is_a_code() {
    let (header, _) = of(Kind::ACT);
    let said = |act: &str| verdict(&header, &Content::act("agreement", 1, act));
    for fine in ["a", "told_early", "2", "_", &"x".repeat(64)] {
        assert_eq!(said(fine), Ok(()), "{fine}");
    }
    for other in ["", "Kept", "not yet", "kept\n", "kept\u{202e}", "ke\u{301}pt", "é", "a-b", "a\0", &"x".repeat(65)] {
        assert_eq!(said(other), Err(Refusal::Malformed), "{other:?}");
    }
}

/// C11: text with invisible or unnormalised characters is quarantined on arrival, never mended.
#[test]
fn c11_hidden_characters_are_refused_wherever_they_stand() {
    let hidden = [
        "\u{202E}", "\u{2066}", "\u{200B}", "\u{2060}", "\u{FEFF}", "\u{200F}", "\u{61C}", "e\u{301}", "\u{7}", "\r",
        "\t",
    ];
    type Place = fn(&str) -> (Header, Content);
    let places: [Place; 4] = [
        |text| (of(Kind::PROPOSE).0, Content::of("agreement", 1, [(1, Value::Text(text.to_owned()))].into())),
        |text| {
            (of(Kind::PROPOSE).0, Content::of("agreement", 1, [(1, Value::List(vec!["a".into(), text.into()]))].into()))
        },
        |text| (of(Kind::PROPOSE).0, Content::of(text, 1, [].into())),
        |text| (of(Kind::COMMENT).0, Content { text: Some(text.to_owned()), ..Content::default() }),
    ];
    for place in places {
        for hidden in hidden {
            let (header, content) = place(&format!("a{hidden}b"));
            assert_eq!(verdict(&header, &content), Err(Refusal::TextNotNormal), "{hidden:?}");
            // What the writer's phone would have signed instead passes.
            let (header, content) = place(&normalise(&format!("a{hidden}b")));
            assert_eq!(verdict(&header, &content), Ok(()), "{hidden:?}");
        }
        let (header, content) = place("می\u{200C}خواهم 👩\u{200D}🔧");
        assert_eq!(verdict(&header, &content), Ok(()), "ZWJ and ZWNJ stay");
    }
}

#[test]
fn long_texts_are_refused() {
    let field = |chars: usize| Content::of("agreement", 1, [(1, Value::Text("é".repeat(chars)))].into());
    let (propose, _) = of(Kind::PROPOSE);
    assert_eq!(verdict(&propose, &field(20_000)), Ok(()));
    assert_eq!(verdict(&propose, &field(20_001)), Err(Refusal::TextTooLong));
    let (comment, _) = of(Kind::COMMENT);
    assert_eq!(verdict(&comment, &Content::text(&"é".repeat(4_000))), Ok(()));
    assert_eq!(verdict(&comment, &Content::text(&"é".repeat(4_001))), Err(Refusal::TextTooLong));
    assert_eq!(verdict(&propose, &Content::of(&"x".repeat(65), 1, [].into())), Err(Refusal::TextTooLong));
    assert_eq!(verdict(&propose, &field(1_000_000)), Err(Refusal::TooLarge));
}

#[test]
fn a_body_may_be_absent_only_where_it_can_be_withheld_or_taken_back() {
    for (header, content) in sound() {
        let said = say(ada(), header.clone(), &content);
        let bare =
            Statement::from_parts(owner(), ada(), said.header_bytes, Item::Absent(said.body_hash)).expect("sound");
        let expected = if header.kind.is_wordless() { Err(Refusal::BodyMissing) } else { Ok(()) };
        assert_eq!(check(&bare), expected, "{:?}", header.kind);
    }
}

/// G12: what a newer version says is kept as it came, whatever it looks like.
#[test]
fn g12_unknown_kinds_pass() {
    for subject in [Subject::Fresh([1; 16]), Subject::Target(EntryId([9; 32]))] {
        let said = Statement::author(
            owner(),
            ada(),
            Header::new(Kind(900), subject, day(1)),
            Body { nonce: [0; 32], content: b"no CBOR at all".to_vec() },
        );
        assert_eq!(check_header(&said), Ok(()));
        assert_eq!(said.content(), Err(Refusal::Malformed), "and shown only if it can be");
    }
}

/// A body that cannot be shown leaves the statement standing; what has no words stands by its header, with its body.
#[test]
fn a_body_that_cannot_be_shown_leaves_its_statement_standing() {
    for (header, content) in sound() {
        for bytes in
            [b"no CBOR".to_vec(), Content { text: Some("\u{202E}".to_owned()), ..content }.encode(), vec![0; 200_000]]
        {
            let said = Statement::author(owner(), ada(), header.clone(), Body { nonce: [0; 32], content: bytes });
            let wordless = header.kind.is_wordless();
            let expected = if wordless { Err(Refusal::Unexpected) } else { Ok(()) };
            assert_eq!(check_header(&said), expected, "{:?}", header.kind);
            assert!(check(&said).is_err() && !said.is_readable(), "{:?}", header.kind);
            let again = Statement::from_parts(owner(), ada(), said.header_bytes.clone(), Item::Absent(said.body_hash));
            assert_eq!(again.expect("sound").id, said.id, "with or without its body it is the same");
        }
    }
}

/// Nothing can be hidden in a consent, not even from versions that know more keys.
#[test]
fn a_kind_without_words_has_the_empty_body_and_no_other() {
    for (header, _) in sound().into_iter().filter(|(header, _)| header.kind.is_wordless()) {
        let with = |content: &[u8]| {
            let body = Body { nonce: [0; 32], content: content.to_vec() };
            check_header(&Statement::author(owner(), ada(), header.clone(), body))
        };
        assert_eq!(with(&[0xa0]), Ok(()));
        // {900: true}, sound and unknown.
        assert_eq!(with(&[0xa1, 0x19, 0x03, 0x84, 0xf5]), Err(Refusal::Unexpected), "{:?}", header.kind);
        assert_eq!(with(&[]), Err(Refusal::Unexpected), "{:?}", header.kind);
    }
}

/// What is shorter than a nonce is no body, and hashes alike wherever it is met.
#[test]
fn what_is_no_body_is_left_out() {
    let (header, _) = of(Kind::PROPOSE);
    let read = |item| Statement::from_parts(owner(), ada(), header.encode(), item).expect("sound");
    let short = read(Item::Present(vec![7; 31]));
    assert!(short.body.is_none() && short.content() == Ok(None));
    assert_eq!(short, read(Item::Absent(short.body_hash)));
    assert_eq!(crate::statement::body_hash(&owner(), &ada(), &header.encode(), &[7; 31]), Some(short.body_hash));
}
