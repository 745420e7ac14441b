//! Group commit: one thread takes every write that is queued, makes them one transaction with one sync, and only then
//! answers. Each write stands in its own savepoint, so that one that fails takes no other with it.

use rusqlite::Connection;

use super::Failure;
use super::arrivals::Desk;
use crate::store::{Reply, StoreError};

/// Writes in one transaction. Their bytes are bounded by what the relay receives at once.
pub(super) const BATCH_WRITES_MAX: usize = 1024;

/// A queued write.
pub(super) trait Write: Send {
    /// Does it, inside a transaction. May be called again after that was rolled back.
    fn run(&mut self, db: &Connection, desk: &mut Desk) -> Result<(), Failure>;

    /// Answers: the outcome of the last `run`, or why it was never made durable.
    fn finish(self: Box<Self>, error: Option<StoreError>);
}

/// A write made of a closure.
pub(super) struct Closure<F, T> {
    run: F,
    outcome: Option<T>,
    reply: Reply<T>,
}

impl<F, T> Closure<F, T>
where
    F: FnMut(&Connection, &mut Desk) -> Result<T, Failure> + Send + 'static,
    T: Send + 'static,
{
    pub(super) fn boxed(run: F, reply: Reply<T>) -> Box<dyn Write> {
        Box::new(Self { run, outcome: None, reply })
    }
}

impl<F, T> Write for Closure<F, T>
where
    F: FnMut(&Connection, &mut Desk) -> Result<T, Failure> + Send,
    T: Send,
{
    fn run(&mut self, db: &Connection, desk: &mut Desk) -> Result<(), Failure> {
        self.outcome = Some((self.run)(db, desk)?);
        Ok(())
    }

    fn finish(self: Box<Self>, error: Option<StoreError>) {
        let outcome = match error {
            Some(error) => Err(error),
            None => self.outcome.ok_or(StoreError::Internal),
        };
        (self.reply)(outcome);
    }
}

/// What became of a batch: for every write, why it failed.
type Errors = Vec<Option<StoreError>>;

/// Writes whose outcome is known and was not told yet.
pub struct Committed(Vec<(Box<dyn Write>, Option<StoreError>)>);

impl Committed {
    /// Answers them, in their order.
    pub fn answer(self) {
        for (write, error) in self.0 {
            write.finish(error);
        }
    }

    /// Whether the disk was too full for any of them.
    pub(super) fn met_full_disk(&self) -> bool {
        self.0.iter().any(|(_, error)| *error == Some(StoreError::DiskFull))
    }
}

/// Makes a batch durable.
pub(super) fn commit(db: &Connection, desk: &mut Desk, mut batch: Vec<Box<dyn Write>>) -> Committed {
    let errors = match together(db, desk, &mut batch) {
        Ok(errors) => errors,
        // SQLite gave up the whole transaction, as it may when the disk is full: find out which writes can stand alone.
        Err(_) if batch.len() > 1 => batch.iter_mut().map(|write| alone(db, desk, write)).collect(),
        Err(failure) => vec![Some(failure.into())],
    };
    Committed(batch.into_iter().zip(errors).collect())
}

/// One transaction for all. An error means that nothing of it was kept.
fn together(db: &Connection, desk: &mut Desk, batch: &mut [Box<dyn Write>]) -> Result<Errors, Failure> {
    begin(db)?;
    let outcome = run_all(db, desk, batch).and_then(|errors| end(db, desk).map(|()| errors));
    if outcome.is_err() {
        abandon(db, desk);
    }
    outcome
}

fn run_all(db: &Connection, desk: &mut Desk, batch: &mut [Box<dyn Write>]) -> Result<Errors, Failure> {
    let mut errors = Vec::with_capacity(batch.len());
    for write in batch {
        let outcome = match in_savepoint(db, |db| write.run(db, desk))? {
            Err(Failure::Unsettled) => match in_savepoint(db, |db| Ok(desk.settle(db)?))? {
                Ok(()) => in_savepoint(db, |db| write.run(db, desk))?,
                failed => failed,
            },
            outcome => outcome,
        };
        errors.push(outcome.err().map(StoreError::from));
    }
    if desk.should_settle() {
        // If it fails, the disk is full: later will do, and appends stop before too much is left undone.
        let _later = in_savepoint(db, |db| Ok(desk.settle(db)?))?;
    }
    Ok(errors)
}

/// Does something that is undone as a whole if it fails. The outer error means that the transaction itself is lost.
fn in_savepoint(
    db: &Connection,
    work: impl FnOnce(&Connection) -> Result<(), Failure>,
) -> Result<Result<(), Failure>, Failure> {
    execute(db, "SAVEPOINT one")?;
    let outcome = work(db);
    if let Err(failure) = outcome {
        if db.is_autocommit() {
            return Err(failure);
        }
        execute(db, "ROLLBACK TO one")?;
        execute(db, "RELEASE one")?;
        return Ok(Err(failure));
    }
    execute(db, "RELEASE one")?;
    Ok(Ok(()))
}

/// Makes the entries that are missing, in a transaction of its own.
pub(super) fn settle(db: &Connection, desk: &mut Desk) -> Result<(), Failure> {
    let outcome = begin(db).and_then(|()| Ok(desk.settle(db)?)).and_then(|()| end(db, desk));
    if outcome.is_err() {
        abandon(db, desk);
    }
    outcome
}

/// A transaction of its own.
fn alone(db: &Connection, desk: &mut Desk, write: &mut Box<dyn Write>) -> Option<StoreError> {
    let once = |desk: &mut Desk, write: &mut Box<dyn Write>| {
        let outcome = begin(db).and_then(|()| write.run(db, desk)).and_then(|()| end(db, desk));
        if outcome.is_err() {
            abandon(db, desk);
        }
        outcome
    };
    let outcome = match once(desk, write) {
        Err(Failure::Unsettled) => settle(db, desk).and_then(|()| once(desk, write)),
        outcome => outcome,
    };
    outcome.err().map(StoreError::from)
}

fn begin(db: &Connection) -> Result<(), Failure> {
    execute(db, "BEGIN IMMEDIATE")
}

fn end(db: &Connection, desk: &mut Desk) -> Result<(), Failure> {
    execute(db, "COMMIT")?;
    desk.committed();
    Ok(())
}

fn abandon(db: &Connection, desk: &mut Desk) {
    desk.abandoned();
    if !db.is_autocommit() {
        // It failed for a reason that is already on its way to the writers; the next `BEGIN` would tell more.
        let _already_reported = execute(db, "ROLLBACK");
    }
}

fn execute(db: &Connection, sql: &'static str) -> Result<(), Failure> {
    db.prepare_cached(sql)?.execute([])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::mpsc::{Receiver, sync_channel};

    fn database() -> Connection {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(
            "PRAGMA foreign_keys = ON;
             CREATE TABLE records (id INTEGER PRIMARY KEY, box, cursor, size, hash);
             CREATE TABLE entries (box, cursor, record, size, hidden_s, hash);
             CREATE TABLE settled (record INTEGER); INSERT INTO settled VALUES (0);
             CREATE TABLE parents (id INTEGER PRIMARY KEY);
             CREATE TABLE rows (value INTEGER UNIQUE, parent INTEGER REFERENCES parents DEFERRABLE INITIALLY DEFERRED);",
        )
        .unwrap();
        db
    }

    type Outcome = Result<i64, StoreError>;

    fn write(
        run: impl FnMut(&Connection, &mut Desk) -> Result<i64, Failure> + Send + 'static,
    ) -> (Box<dyn Write>, Receiver<Outcome>) {
        let (sender, receiver) = sync_channel(1);
        (Closure::boxed(run, Box::new(move |outcome| sender.send(outcome).unwrap())), receiver)
    }

    fn insert(value: i64) -> (Box<dyn Write>, Receiver<Outcome>) {
        write(move |db, _| {
            db.execute("INSERT INTO rows (value) VALUES (?1)", [value])?;
            Ok(value)
        })
    }

    fn outcomes(db: &Connection, writes: Vec<(Box<dyn Write>, Receiver<Outcome>)>) -> Vec<Outcome> {
        let (batch, receivers): (Vec<_>, Vec<_>) = writes.into_iter().unzip();
        commit(db, &mut Desk::open(db, Arc::default()).unwrap(), batch).answer();
        receivers.iter().map(|receiver| receiver.recv().unwrap()).collect()
    }

    fn values(db: &Connection) -> Vec<i64> {
        let mut statement = db.prepare("SELECT value FROM rows ORDER BY value").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn a_member_that_fails_is_undone_alone() {
        let db = database();
        let half_done = write(|db, _| {
            db.execute("INSERT INTO rows (value) VALUES (99)", [])?;
            Err(StoreError::BoxFull { limit: 1 }.into())
        });
        let outcomes = outcomes(&db, vec![insert(1), half_done, insert(1), insert(2)]);
        let full = Err(StoreError::BoxFull { limit: 1 });
        assert_eq!(outcomes, [Ok(1), full, Err(StoreError::Internal), Ok(2)]);
        assert_eq!(values(&db), [1, 2]);
    }

    #[test]
    fn a_commit_that_fails_is_tried_one_by_one() {
        let db = database();
        // Its violation shows only at the commit.
        let orphan = write(|db, _| {
            db.execute("INSERT INTO rows (value, parent) VALUES (50, 7)", [])?;
            Ok(50)
        });
        assert_eq!(outcomes(&db, vec![insert(1), orphan, insert(2)]), [Ok(1), Err(StoreError::Internal), Ok(2)]);
        assert_eq!(values(&db), [1, 2]);
        assert!(db.is_autocommit());
    }

    #[test]
    fn a_transaction_that_sqlite_gives_up_is_tried_one_by_one() {
        let db = database();
        // What a full disk may do: the whole transaction is gone under the writes before it.
        let given_up = write(|db, _| {
            db.execute("ROLLBACK", [])?;
            Err(StoreError::DiskFull.into())
        });
        assert_eq!(outcomes(&db, vec![insert(1), given_up, insert(2)]), [Ok(1), Err(StoreError::DiskFull), Ok(2)]);
        assert_eq!(values(&db), [1, 2]);
        assert!(db.is_autocommit());
    }
}
