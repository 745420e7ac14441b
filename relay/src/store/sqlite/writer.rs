//! Group commit: one thread takes every write that is queued, makes them one transaction with one sync, and only then
//! answers. Each write stands in its own savepoint, so that one that fails takes no other with it.

use rusqlite::Connection;

use super::Failure;
use crate::store::{Reply, StoreError};

/// Writes in one transaction. Their bytes are bounded by what the relay receives at once.
pub(super) const BATCH_WRITES_MAX: usize = 1024;

/// A queued write.
pub(super) trait Write: Send {
    /// Does it, inside a transaction. May be called again after that was rolled back.
    fn run(&mut self, db: &Connection) -> Result<(), Failure>;

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
    F: FnMut(&Connection) -> Result<T, Failure> + Send + 'static,
    T: Send + 'static,
{
    pub(super) fn boxed(run: F, reply: Reply<T>) -> Box<dyn Write> {
        Box::new(Self {
            run,
            outcome: None,
            reply,
        })
    }
}

impl<F, T> Write for Closure<F, T>
where
    F: FnMut(&Connection) -> Result<T, Failure> + Send,
    T: Send,
{
    fn run(&mut self, db: &Connection) -> Result<(), Failure> {
        self.outcome = Some((self.run)(db)?);
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

/// Makes a batch durable and answers it.
pub(super) fn commit(db: &Connection, mut batch: Vec<Box<dyn Write>>) {
    let errors = match together(db, &mut batch) {
        Ok(errors) => errors,
        // SQLite gave up the whole transaction, as it may when the disk is full: find out which writes can stand alone.
        Err(_) if batch.len() > 1 => batch.iter_mut().map(|write| alone(db, write)).collect(),
        Err(failure) => vec![Some(failure.into())],
    };
    for (write, error) in batch.into_iter().zip(errors) {
        write.finish(error);
    }
}

/// One transaction for all. An error means that nothing of it was kept.
fn together(db: &Connection, batch: &mut [Box<dyn Write>]) -> Result<Errors, Failure> {
    begin(db)?;
    let outcome = run_all(db, batch).and_then(|errors| end(db).map(|()| errors));
    if outcome.is_err() {
        abandon(db);
    }
    outcome
}

fn run_all(db: &Connection, batch: &mut [Box<dyn Write>]) -> Result<Errors, Failure> {
    let mut errors = Vec::with_capacity(batch.len());
    for write in batch {
        execute(db, "SAVEPOINT one")?;
        match write.run(db) {
            Ok(()) => {
                execute(db, "RELEASE one")?;
                errors.push(None);
            }
            Err(failure) => {
                if db.is_autocommit() {
                    return Err(failure);
                }
                execute(db, "ROLLBACK TO one")?;
                execute(db, "RELEASE one")?;
                errors.push(Some(failure.into()));
            }
        }
    }
    Ok(errors)
}

/// A transaction of its own.
fn alone(db: &Connection, write: &mut Box<dyn Write>) -> Option<StoreError> {
    let outcome = begin(db)
        .and_then(|()| write.run(db))
        .and_then(|()| end(db));
    outcome.err().map(|failure| {
        abandon(db);
        failure.into()
    })
}

fn begin(db: &Connection) -> Result<(), Failure> {
    execute(db, "BEGIN IMMEDIATE")
}

fn end(db: &Connection) -> Result<(), Failure> {
    execute(db, "COMMIT")
}

fn abandon(db: &Connection) {
    if !db.is_autocommit() {
        // It failed for a reason that is already on its way to the writers; the next `BEGIN` would tell more.
        let _already_reported = execute(db, "ROLLBACK");
    }
}

fn execute(db: &Connection, sql: &'static str) -> Result<(), Failure> {
    db.prepare_cached(sql)?.execute([])?;
    Ok(())
}
