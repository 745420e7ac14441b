//! Changes that no honest device makes.

use super::*;
use automerge::transaction::{CommitOptions, Transactable, Transaction};
use automerge::{AutomergeError, ObjId, ROOT};

/// A change made with Automerge, past this room's own rules, in the form that Automerge writes.
pub(super) fn made(
    document: &mut Document,
    actor: Actor,
    options: CommitOptions,
    write: impl FnOnce(&mut Transaction<'_>, ObjId) -> Result<(), AutomergeError>,
) -> Vec<u8> {
    document.automerge.set_actor(ActorId::from(actor.0));
    let text = document.automerge.get(ROOT, "text").expect("reads").expect("is there").1;
    let mut transaction = document.automerge.transaction();
    write(&mut transaction, text).expect("writes");
    let hash = transaction.commit_with(options).0.expect("a change");
    document.index = None;
    document.automerge.get_change_by_hash(&hash).expect("is there").raw_bytes().to_vec()
}

/// Types whatever it is given.
pub(super) fn typed(document: &mut Document, actor: Actor, text: &str) -> Vec<u8> {
    made(document, actor, CommitOptions::default().with_time(0), |writing, object| {
        writing.splice_text(object, 0, 0, text)
    })
}

pub(super) fn unsigned(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let byte = u8::try_from(value & 0x7f).expect("seven bits");
        value >>= 7;
        if value == 0 {
            out.push(byte);
            return out;
        }
        out.push(byte | 0x80);
    }
}

pub(super) fn signed(mut value: i64) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let byte = u8::try_from(value & 0x7f).expect("seven bits");
        value >>= 7;
        if (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0) {
            out.push(byte);
            return out;
        }
        out.push(byte | 0x80);
    }
}

/// A run of one value.
pub(super) fn run(count: i64, value: &[u8]) -> Vec<u8> {
    [signed(count), value.to_vec()].concat()
}

/// A chunk with the right checksum.
pub(super) fn chunk(kind: u8, content: &[u8]) -> Vec<u8> {
    let hashed = [&[kind], unsigned(content.len() as u64).as_slice(), content].concat();
    [&[0x85, 0x6f, 0x4a, 0x83], &hash(&[&hashed])[..4], hashed.as_slice()].concat()
}

/// A change, field by field.
#[derive(Clone)]
pub(super) struct Forged {
    pub(super) deps: Vec<ChangeHash>,
    pub(super) actor: Vec<u8>,
    pub(super) seq: u64,
    pub(super) start_op: u64,
    pub(super) time: i64,
    pub(super) message: &'static str,
    pub(super) others: Vec<Vec<u8>>,
    pub(super) columns: Vec<(u64, Vec<u8>)>,
    pub(super) extra: Vec<u8>,
}

impl Forged {
    /// `count` times "x" typed into an empty note, each behind the one before.
    pub(super) fn typing(actor: Actor, count: i64) -> Self {
        let root = note().heads();
        let text = inspect_change(Schema::Note.root()).expect("reads").actor;
        let one = |value: &[u8]| run(-1, value);
        let mut columns = vec![
            // Object: the text that the first change made.
            (0x01, run(count, &[1])),
            (0x02, run(count, &[1])),
            // Key: the head, then the element before.
            (0x11, [vec![0, 1], run(count - 1, &[0])].concat()),
            (0x13, [one(&[0]), one(&[2]), run(count - 2, &[1])].concat()),
            (0x34, [vec![0], unsigned(count.unsigned_abs())].concat()),
            (0x42, run(count, &[1])),
            (0x56, run(count, &[0x16])),
            (0x57, vec![b'x'; usize::try_from(count).expect("not negative").min(20_000)]),
            (0x70, run(count, &[0])),
        ];
        // Literals that follow one another are one literal.
        columns[3].1 = [signed(-2), vec![0, 2], run(count - 2, &[1])].concat();
        Self {
            deps: root,
            actor: actor.0.to_vec(),
            seq: 1,
            start_op: 2,
            time: 0,
            message: "",
            others: vec![text.0.to_vec()],
            columns,
            extra: Vec::new(),
        }
    }

    pub(super) fn column(mut self, specification: u64, data: Vec<u8>) -> Self {
        self.columns.retain(|(at, _)| *at != specification);
        self.columns.push((specification, data));
        self.columns.sort_by_key(|(at, _)| *at & !8);
        self
    }

    pub(super) fn without(mut self, specification: u64) -> Self {
        self.columns.retain(|(at, _)| *at != specification);
        self
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let prefixed = |bytes: &[u8]| [unsigned(bytes.len() as u64), bytes.to_vec()].concat();
        let mut content = unsigned(self.deps.len() as u64);
        content.extend(self.deps.iter().flat_map(|dep| dep.0));
        content.extend(prefixed(&self.actor));
        content.extend(unsigned(self.seq));
        content.extend(unsigned(self.start_op));
        content.extend(signed(self.time));
        content.extend(prefixed(self.message.as_bytes()));
        content.extend(unsigned(self.others.len() as u64));
        content.extend(self.others.iter().flat_map(|other| prefixed(other)));
        content.extend(unsigned(self.columns.len() as u64));
        for (specification, data) in &self.columns {
            content.extend(unsigned(*specification));
            content.extend(unsigned(data.len() as u64));
        }
        content.extend(self.columns.iter().flat_map(|(_, data)| data.iter()));
        content.extend(&self.extra);
        chunk(1, &content)
    }
}
