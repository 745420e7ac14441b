//! What can be asked of the phone. The doc comments are its help texts.

use amends_core::id::{Day, EntryId, StatementId};
use amends_protocol::RelayAddress;
use clap::{Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// A phone for the terminal: one home, one command at a time
#[derive(Debug, Parser)]
#[command(name = "phone", version, max_term_width = 100, after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The home's folder. Its key, or passphrase slot, and its counter lie beside it as DIR.key, DIR.passphrase, DIR.counter
    #[arg(long, value_name = "DIR", default_value = "amends-home")]
    pub(crate) home: PathBuf,
    /// Every result, event and error as one JSON object per line on stdout
    #[arg(long)]
    pub(crate) json: bool,
    /// Stands for the wall clock
    #[arg(long, value_name = "RFC3339")]
    pub(crate) now: Option<jiff::Timestamp>,
    /// The environment variable that holds the home's passphrase. Without it the storage key lies in a file
    #[arg(long, value_name = "VAR")]
    pub(crate) passphrase_env: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// A line of the shell: a command as on the command line, without the options before it.
#[derive(Debug, Parser)]
#[command(name = "", no_binary_name = true, disable_version_flag = true)]
pub(crate) struct Line {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// See [`Args`].
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a member and their first device
    ///
    /// Prints {"member","device"}.
    Init {
        /// What the partner will see you called
        #[arg(long)]
        name: String,
    },
    /// Invite a partner, or one's own next device
    ///
    /// Prints {"event":"invite","link","words"}; when somebody joins, {"event":"type_code","name"}: type the code that their
    /// phone shows; then {"event":"check","code"}, for them to type; then {"event":"paired","space"}; then perhaps
    /// {"event":"unsent","code"}: the other phone waits for this one's word, which leaves with a later sync. A code is typed
    /// once; a line that is no six digits is asked for again; the end of stdin gives up.
    Invite {
        /// The relay to meet at. An own device may be invited to the home's relay without naming it
        #[arg(long, required_unless_present = "own_device")]
        relay: Option<RelayAddress>,
        /// Invite one's own next device
        #[arg(long)]
        own_device: bool,
    },
    /// Join by a link or by eight words
    ///
    /// Prints {"event":"check","code"}, for the inviter to type; then {"event":"type_code","name"}: type the code that their
    /// phone shows; then {"event":"paired","space"}, when the inviter has confirmed. If that does not come while the invite
    /// lives, `pairing_pending`: a later sync finds it, or another invite replaces it. The invite of an own device is joined in a
    /// home without `init`, or in one made so that was never confirmed: that one is put aside.
    Join {
        /// The link
        #[arg(required_unless_present = "words", conflicts_with_all = ["words", "relay"])]
        link: Option<String>,
        /// The eight words, as one argument
        #[arg(long, requires = "relay")]
        words: Option<String>,
        /// The relay at which the words were made
        #[arg(long, requires = "words")]
        relay: Option<RelayAddress>,
    },
    /// One's own member and devices, relay, outbox length, quarantine
    Status,
    /// The relay that this home uses
    #[command(subcommand)]
    Relay(RelayCommand),
    /// What one sets for oneself
    #[command(subcommand)]
    Settings(SettingsCommand),
    /// The catalogue: ids, shapes, fields
    Practices,
    /// Make an entry
    ///
    /// Prints {"id"}.
    New {
        /// The practice's id
        practice: String,
        /// Its fields
        #[arg(value_name = "FIELD=VALUE", value_parser = field)]
        fields: Vec<Field>,
        /// Keep it in one's vault
        #[arg(long)]
        draft: bool,
    },
    /// Change an entry of one's own
    Edit {
        /// The entry
        id: EntryId,
        /// The fields that change
        #[arg(value_name = "FIELD=VALUE", value_parser = field, required = true)]
        fields: Vec<Field>,
    },
    /// Really remove what one wrote in an entry
    Redact {
        /// The entry
        id: EntryId,
    },
    /// Write in a text that both write
    Note {
        /// The note
        id: EntryId,
        /// Where, in Unicode scalar values from the start
        #[arg(long, value_name = "POS")]
        at: usize,
        /// How many Unicode scalar values to delete there
        #[arg(long, value_name = "N", default_value_t = 0)]
        delete: usize,
        /// What to insert there
        #[arg(long, value_name = "TEXT", default_value = "", allow_hyphen_values = true)]
        insert: String,
    },
    /// Propose a new revision of an agreement
    ///
    /// Prints {"revision"}.
    Propose {
        /// The agreement
        id: EntryId,
        /// Its fields
        #[arg(value_name = "FIELD=VALUE", value_parser = field)]
        fields: Vec<Field>,
        /// Take the text of a shared note
        #[arg(long, value_name = "NOTE")]
        from_note: Option<EntryId>,
        /// The revisions it replaces. Default: one's own unagreed head, else the revision in force, else the only head, else
        /// `ambiguous_revision`
        #[arg(long, value_name = "H,H", value_delimiter = ',')]
        parents: Option<Vec<StatementId>>,
    },
    /// Consent to a revision
    Consent {
        #[command(flatten)]
        of: Of,
    },
    /// Decline a revision
    Decline {
        #[command(flatten)]
        of: Of,
        /// Why, or what instead
        #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
        note: Option<String>,
    },
    /// Comment on a revision
    Comment {
        /// The agreement
        id: EntryId,
        /// What to say
        #[arg(allow_hyphen_values = true)]
        text: String,
        /// The revision
        #[arg(long, value_name = "H")]
        revision: Option<StatementId>,
    },
    /// Withdraw one's consent: to a revision, or to the whole agreement
    ///
    /// Possible at any time; nobody has to agree.
    Withdraw {
        #[command(flatten)]
        of: Of,
    },
    /// Say that an agreement is over
    Retire {
        /// The agreement
        id: EntryId,
    },
    /// Acknowledge the other's boundary
    Acknowledge {
        #[command(flatten)]
        of: Of,
    },
    /// Answer a sealed check-in: both see the answers when both have answered
    ///
    /// Prints the occurrence's {"id"}.
    Answer {
        /// The practice's id
        practice: String,
        /// The day
        #[arg(long)]
        date: Day,
        /// The answer
        #[arg(value_name = "FIELD=VALUE", value_parser = field, required_unless_present = "pass")]
        fields: Vec<Field>,
        /// Answer with a pass
        #[arg(long, conflicts_with = "fields")]
        pass: bool,
    },
    /// Take back a sealed answer
    TakeBack {
        #[command(flatten)]
        on: On,
    },
    /// Open one's answer without waiting for the other's
    ShareAnyway {
        #[command(flatten)]
        on: On,
    },
    /// Copy out of one's vault
    ///
    /// Prints the copy's {"id"}.
    Share {
        /// The entry in the vault
        #[arg(value_name = "VAULT_ID")]
        id: EntryId,
        /// What the copy is
        #[arg(long = "as", value_name = "PRACTICE")]
        practice: String,
        /// What is copied: exactly this leaves the vault
        #[arg(value_name = "FIELD=VALUE", value_parser = field, required = true)]
        fields: Vec<Field>,
    },
    /// An entry
    Show {
        /// The entry
        id: EntryId,
    },
    /// All entries, or those of a practice
    List {
        /// The practice's id
        practice: Option<String>,
    },
    /// What matters on a day
    Today {
        /// The day, when not today
        #[arg(long)]
        date: Option<Day>,
    },
    /// Everything that was said about an entry
    History {
        /// The entry
        id: EntryId,
    },
    /// Send and read, until there is nothing more to send
    ///
    /// Ends when the outbox is empty and reading produces nothing more to send. Events of --watch: online, offline with a
    /// `code`, arrived, settled, pairing_pending; caught_up, relay_lost_box, relay_went_back, shorter_history, refused,
    /// quarantined, pack, forked and missing with the `box` they are about; relay_going_away.
    Sync {
        /// Stay connected and print events, until stdin ends or the phone is interrupted. In the shell, until that ends
        #[arg(long, conflicts_with = "timeout")]
        watch: bool,
        /// Give up after so many seconds
        #[arg(long, value_name = "S", default_value = "30", value_parser = seconds)]
        timeout: Duration,
    },
    /// Take the same commands as lines on stdin, in one process
    ///
    /// Ends where stdin does; an error does not end it. Each command prints one line of JSON, beside its events. Quoting is a
    /// shell's: '…', "…", \ and, for line breaks, $'…\n…'. Lines have at most 8 MiB.
    Shell,
    /// What arrived and was set aside, with the reason
    Quarantine {
        /// Write the payloads to a new file, too
        #[arg(long, value_name = "FILE")]
        export: Option<PathBuf>,
    },
    /// Check every signature and chain
    ///
    /// Prints counts; `broken` records end it with exit code 6.
    Verify,
    /// Make a damaged home sound again
    ///
    /// Keeps the damaged store beside the new one, carries over every intact row, and lets the next `sync` read the rest from the
    /// relay. Prints {"recovered":{…}}: `rows` that could be read and `rows_unreadable`; `records` that are there and
    /// `records_missing`, which the relay or the partner may have; `edits` that wait to be sent; `unsent_lost`, own records and
    /// edits that are gone and were perhaps never sent; `mended`; `damaged`, where the damaged store is kept, null when nothing
    /// was wrong and nothing was changed. `keys_lost` when too much is gone: then the home is as it was.
    Recover,
    /// The owner's full copy
    Export {
        /// How it is written
        #[arg(long)]
        format: Format,
        /// Write it to a new file
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
}

/// See [`Command::Relay`].
#[derive(Debug, Subcommand)]
pub(crate) enum RelayCommand {
    /// Use another relay from now on, and refill its boxes
    Set {
        /// Its address, as it prints it
        relay: RelayAddress,
    },
}

/// See [`Command::Settings`].
#[derive(Debug, Subcommand)]
#[command(rename_all = "snake_case")]
pub(crate) enum SettingsCommand {
    /// Whether either sees that an answer waits
    WaitingHint {
        /// On or off
        hint: Switch,
    },
}

/// An entry, and which wording of it.
#[derive(Debug, clap::Args)]
pub(crate) struct Of {
    /// The entry
    pub(crate) id: EntryId,
    /// The revision, when more than one could be meant
    #[arg(long, value_name = "H")]
    pub(crate) revision: Option<StatementId>,
}

/// A practice on a day.
#[derive(Debug, clap::Args)]
pub(crate) struct On {
    /// The practice's id
    pub(crate) practice: String,
    /// The day
    #[arg(long)]
    pub(crate) date: Day,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}

/// How an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For programs: with everything that proves it
    Json,
    /// For people
    Markdown,
}

/// A field's name and value.
pub(crate) type Field = (String, String);

/// Cuts at the first `=`: a value may contain anything.
fn field(text: &str) -> Result<Field, String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected FIELD=VALUE".to_owned()),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let wrong = || "expected seconds, more than 0 and at most 86400".to_owned();
    let seconds: f64 = text.parse().map_err(|_| wrong())?;
    if seconds > 0.0 && seconds <= 86_400.0 { Ok(Duration::from_secs_f64(seconds)) } else { Err(wrong()) }
}

const AFTER_HELP: &str = "\
Output:
  With --json every result, event and error is one JSON object per line on stdout; without it, text for people, errors on
  stderr. An error is {\"error\":{\"code\":\"…\",\"detail\":\"…\"}}: programs read the code, people the detail. A command without a
  result of its own prints {\"ok\":true}. Lists are {\"entries\":[…]}, {\"history\":[…]}, {\"practices\":[…]}, {\"quarantine\":[…]}.
  `show`, `list` and `today` say a `state`: draft, proposed, in_force, amendment_pending, competing, crossed_consent,
  needs_reconsent, withdrawn or retired, with `settled`; a revision lists `hash`, `author`, `parents`, `fields`, `consents`.

Exit codes:
  0 ok    2 usage    3 not found    4 refused by a rule, or no room    5 relay unreachable (edits are kept)
  6 data damaged or not authentic (see `recover`)    70 our bug

Files:
  Exports are made for their owner only and never overwrite a file. Whoever can read DIR.key can read the home: a real phone
  keeps the key in hardware. `recover` keeps a damaged store as DIR/amends.db.aside-1, -2, …: sealed as the home is, never
  overwritten, yours to delete once nothing is missed; words that are taken back later stay in it. DIR.counter tells a home
  restored from a backup from the one that went on: keep it where it is.";

#[cfg(test)]
#[path = "args_tests.rs"]
mod tests;
