//! The floor of who would do without statements and small documents: the same ten years in one raw Automerge document.

use amends_tests::workload::{Action, Fields, Plan, Session};
use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, AutoCommit, ObjId, ObjType, ROOT, ReadDoc, Value};

/// Days of check-ins on the screen.
const DAYS_SHOWN: i64 = 7;
/// Appreciations and notes looked at for what is new.
const LATEST: usize = 10;

/// One document with a map or list for each practice: fields are plain values, notes and journal entries are texts.
pub(crate) struct Raw {
    document: AutoCommit,
    check_ins: ObjId,
    appreciations: ObjId,
    agreements: ObjId,
    limits: ObjId,
    notes: ObjId,
    journals: ObjId,
}

impl Raw {
    fn new() -> Self {
        let mut document = AutoCommit::new().with_actor(actor(0));
        let mut list = |name, kind| document.put_object(ROOT, name, kind).expect("a new object");
        let check_ins = list("check_ins", ObjType::Map);
        let appreciations = list("appreciations", ObjType::List);
        let agreements = list("agreements", ObjType::List);
        let limits = list("limits", ObjType::List);
        let notes = list("notes", ObjType::List);
        let journals = list("journals", ObjType::List);
        let mut raw = Self { document, check_ins, appreciations, agreements, limits, notes, journals };
        raw.commit();
        raw
    }

    /// The whole plan, one change for each action.
    pub(crate) fn of(plan: &Plan) -> Self {
        let mut raw = Self::new();
        plan.sessions().iter().for_each(|session| raw.play(session));
        raw
    }

    /// The document as bytes.
    pub(crate) fn save(&mut self) -> Vec<u8> {
        self.document.save()
    }

    /// Loads the document.
    pub(crate) fn load(bytes: &[u8]) -> Self {
        let document = AutoCommit::load(bytes).expect("the document loads");
        let object = |name| match document.get(ROOT, name) {
            Ok(Some((_, id))) => id,
            _ => panic!("the document has {name}"),
        };
        Self {
            check_ins: object("check_ins"),
            appreciations: object("appreciations"),
            agreements: object("agreements"),
            limits: object("limits"),
            notes: object("notes"),
            journals: object("journals"),
            document,
        }
    }

    /// Changes made since the document was loaded or saved.
    pub(crate) fn save_incremental(&mut self) -> Vec<u8> {
        self.document.save_incremental()
    }

    /// Takes in changes made elsewhere.
    pub(crate) fn load_incremental(&mut self, changes: &[u8]) {
        self.document.load_incremental(changes).expect("changes apply");
    }

    /// Carries a session out.
    pub(crate) fn play(&mut self, session: &Session) {
        self.document.set_actor(actor(session.phone));
        for action in &session.actions {
            self.act(session, action);
            self.commit();
        }
    }

    fn commit(&mut self) {
        self.document.commit_with(CommitOptions::default());
    }

    fn act(&mut self, session: &Session, action: &Action) {
        let who = ["ana", "ben"][session.phone / 2];
        match action {
            Action::Answer(fields) => {
                let date = session.day.to_string();
                let check_ins = self.check_ins.clone();
                let day = match self.document.get(&check_ins, &date) {
                    Ok(Some((_, day))) => day,
                    _ => self.document.put_object(&check_ins, &date, ObjType::Map).expect("a day"),
                };
                let answer = self.document.put_object(&day, who, ObjType::Map).expect("an answer");
                self.put(&answer, fields.as_deref().unwrap_or_default());
            }
            Action::Appreciate(fields) => drop(self.push(&self.appreciations.clone(), session, fields)),
            Action::EditAppreciation(which, fields) => self.edit(&self.appreciations.clone(), *which, fields),
            Action::Propose(fields) => {
                let agreement = self.push(&self.agreements.clone(), session, &[]);
                let revisions = self.document.put_object(&agreement, "revisions", ObjType::List).expect("a list");
                self.push(&revisions, session, fields);
            }
            Action::Amend(which, fields) => {
                let revisions = self.revisions(*which);
                self.push(&revisions, session, fields);
            }
            Action::Consent(which) => {
                let revisions = self.revisions(*which);
                let newest = self.document.length(&revisions).saturating_sub(1);
                let revision = self.object(&revisions, newest);
                self.document.put(&revision, "consent", who).expect("a consent");
            }
            Action::Comment(which, text) => {
                let revisions = self.revisions(*which);
                self.push(&revisions, session, &[("comment".to_owned(), text.clone())]);
            }
            Action::Limit(fields) => drop(self.push(&self.limits.clone(), session, fields)),
            Action::EditLimit(which, fields) => self.edit(&self.limits.clone(), *which, fields),
            Action::Acknowledge(which) => {
                let limit = self.object(&self.limits.clone(), *which);
                self.document.put(&limit, "acknowledged", who).expect("an acknowledgement");
            }
            Action::Note(title) => {
                let note = self.push(&self.notes.clone(), session, &[("title".to_owned(), title.clone())]);
                self.document.put_object(&note, "text", ObjType::Text).expect("a text");
            }
            Action::Type { note, position, delete, insert } => {
                let text = self.text(&self.notes.clone(), *note);
                let delete = isize::try_from(*delete).unwrap_or(0);
                self.document.splice_text(&text, *position, delete, insert).expect("a place in the text");
            }
            Action::Journal(words) => {
                let journal = self.push(&self.journals.clone(), session, &[]);
                let text = self.document.put_object(&journal, "text", ObjType::Text).expect("a text");
                self.document.splice_text(&text, 0, 0, words).expect("words");
            }
            Action::EditJournal(which, words) => {
                let text = self.text(&self.journals.clone(), *which);
                self.document.update_text(&text, words).expect("other words");
            }
        }
    }

    fn put(&mut self, object: &ObjId, fields: &[(String, String)]) {
        for (name, value) in fields {
            self.document.put(object, name, value.as_str()).expect("a field");
        }
    }

    fn push(&mut self, list: &ObjId, session: &Session, fields: &[(String, String)]) -> ObjId {
        let end = self.document.length(list);
        let entry = self.document.insert_object(list, end, ObjType::Map).expect("an entry");
        self.document.put(&entry, "day", session.day.to_string()).expect("a day");
        self.document.put(&entry, "by", if session.phone < 2 { "ana" } else { "ben" }).expect("an author");
        self.put(&entry, fields);
        entry
    }

    fn edit(&mut self, list: &ObjId, which: usize, fields: &Fields) {
        let entry = self.object(list, which);
        self.put(&entry, fields);
    }

    fn object(&self, list: &ObjId, at: usize) -> ObjId {
        match self.document.get(list, at) {
            Ok(Some((Value::Object(_), id))) => id,
            _ => panic!("entry {at} is in the document"),
        }
    }

    fn revisions(&self, agreement: usize) -> ObjId {
        let agreement = self.object(&self.agreements, agreement);
        match self.document.get(&agreement, "revisions") {
            Ok(Some((_, id))) => id,
            _ => panic!("an agreement has revisions"),
        }
    }

    fn text(&self, list: &ObjId, at: usize) -> ObjId {
        let entry = self.object(list, at);
        match self.document.get(&entry, "text") {
            Ok(Some((_, id))) => id,
            _ => panic!("an entry has a text"),
        }
    }

    /// Reads what *Today* shows: a week's check-ins, agreements that wait for an answer, the newest of the rest. Gives how many
    /// values were read, so that nobody can leave the reading out.
    pub(crate) fn screen(&self, day: amends_core::id::Day) -> usize {
        let mut read = 0;
        for back in 0..DAYS_SHOWN {
            let date = day.plus(-i32::try_from(back).unwrap_or(0)).to_string();
            if let Ok(Some((_, answers))) = self.document.get(&self.check_ins, &date) {
                for who in ["ana", "ben"] {
                    if let Ok(Some((_, answer))) = self.document.get(&answers, who) {
                        read += self.document.map_range(&answer, ..).count();
                    }
                }
            }
        }
        for at in 0..self.document.length(&self.agreements) {
            let revisions = self.revisions(at);
            let newest = self.object(&revisions, self.document.length(&revisions).saturating_sub(1));
            read += self.document.map_range(&newest, ..).count();
        }
        for list in [&self.appreciations, &self.limits, &self.notes] {
            let length = self.document.length(list);
            for at in length.saturating_sub(LATEST)..length {
                let entry = self.object(list, at);
                read += self.document.map_range(&entry, ..).count();
            }
        }
        read
    }
}

fn actor(phone: usize) -> ActorId {
    ActorId::from([u8::try_from(phone).unwrap_or(0) + 1; 16])
}
