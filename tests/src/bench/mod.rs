//! What is measured, one module for each kind of figure; see [`figure`] for how.

mod apply;
mod bytes;
mod edit;
mod figure;
mod life;
mod net;
mod open;
mod raw;
mod store;

use figure::Row;
use life::Life;
use std::io::Write;
use std::process::ExitCode;

const HELP: &str = "\
usage: bench [--only NAME]... [--quick]

Prints one table: what was measured, the floor it is compared with (measured in the same run, taking turns), their ratio, and
the mark. Exits 1 when a mark is missed.

  --only NAME  only the groups whose name contains NAME; may be given more than once
  --quick      a few months instead of ten years and few rounds: shows that it runs, the figures mean little

groups: ";

/// What all groups share.
pub(crate) struct Bench {
    quick: bool,
    life: Option<Life>,
}

impl Bench {
    /// So many rounds, or a few when nobody looks at the figures.
    pub(crate) fn rounds(&self, usual: usize) -> usize {
        if self.quick { usual.min(3) } else { usual }
    }

    /// Ten years, lived when they are first needed.
    pub(crate) fn life(&mut self) -> &mut Life {
        let quick = self.quick;
        self.life.get_or_insert_with(|| {
            let (time, life) = figure::timed(|| Life::new(quick));
            say(&format!("built {} actions in {:.1} s", life.plan.actions(), time.as_secs_f64()));
            life
        })
    }
}

/// A group of figures that are measured together.
type Group = (&'static str, fn(&mut Bench) -> Vec<Row>);

/// In this order, since some go on from what those before them left.
const GROUPS: &[Group] = &[
    ("open", open::open),
    ("fresh", open::fresh),
    ("edit", edit::edit),
    ("disk", bytes::disk),
    ("new-device", bytes::new_device),
    ("sizes", bytes::sizes),
    ("apply", apply::apply),
    ("relay-append", net::append),
    ("relay-throughput", net::throughput),
    ("visible", net::visible),
    ("relay-memory", net::memory),
];

/// The program.
pub(crate) fn main() -> ExitCode {
    let mut only = Vec::new();
    let mut quick = false;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            // Not for people: a server that this program measures.
            net::SERVE => {
                let (Some(kind), Some(folder)) = (arguments.next(), arguments.next()) else {
                    return usage("a server wants a kind and a folder");
                };
                net::serve(&kind, folder.as_ref());
                return ExitCode::SUCCESS;
            }
            "--quick" => quick = true,
            "--only" => match arguments.next() {
                Some(name) => only.push(name),
                None => return usage("--only wants a name"),
            },
            "--help" | "-h" => {
                let names: Vec<&str> = GROUPS.iter().map(|(name, _)| *name).collect();
                print(&format!("{HELP}{}", names.join(", ")));
                return ExitCode::SUCCESS;
            }
            other => return usage(&format!("unknown argument {other}")),
        }
    }
    let wanted = |name: &str| only.is_empty() || only.iter().any(|part| name.contains(part.as_str()));
    if !GROUPS.iter().any(|(name, _)| wanted(name)) {
        return usage("no group has such a name");
    }
    let mut bench = Bench { quick, life: None };
    let mut rows = Vec::new();
    for (name, measure) in GROUPS.iter().filter(|(name, _)| wanted(name)) {
        say(&format!("measuring {name}"));
        rows.extend(measure(&mut bench));
    }
    print(&Row::heading());
    rows.iter().for_each(|row| print(&row.line()));
    let missed = rows.iter().filter(|row| !row.is_kept()).count();
    if missed > 0 {
        print(&format!("{missed} of {} marks missed", rows.len()));
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn usage(problem: &str) -> ExitCode {
    say(&format!("{problem}; see --help"));
    ExitCode::from(2)
}

/// To whoever waits; the table alone goes to stdout.
fn say(line: &str) {
    // Nobody may be listening.
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn print(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
