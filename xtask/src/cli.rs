//! The command line, parsed by hand: five commands do not earn a dependency.

use std::ffi::OsString;
use std::path::PathBuf;

pub(crate) const USAGE: &str = "\
usage: cargo xtask COMMAND

  demo [--keep DIR]     two phones and a relay play a story, then check it; under 10 s once built
  test [--only rust]    formatting, lints, docs, then every test
  bench [ARGS]          one table of figures, floors measured in the same run, and marks
  simulate --seeds N --from K [--bug NAME]
                        the simulated world under N seeds, starting with seed K
  preflight             what this machine lacks, each with the command that installs it

`cargo xtask COMMAND --help` says more. Every command runs the preflight first.
Exit codes: 0 ok, 1 failed, 2 usage; bench and simulate end with the code of the program they run.";

const DEMO: &str = "\
usage: cargo xtask demo [--keep DIR]

Builds the release binaries, starts a relay behind a recording tap and two phones as separate processes,
plays a story of two partners who edit offline, and checks that they agree, that nothing was lost and that
the relay saw only ciphertext. Ends with a table; the exit code is 1 if any row differs.

  --keep DIR   keep homes, relay folder, recorded datagrams and exports in DIR, which must be empty or new";

const TEST: &str = "\
usage: cargo xtask test [--only rust]

Runs, stopping at the first step that fails: cargo fmt --check; clippy and rustdoc with warnings denied;
the binaries that scenarios need; then every test of the workspace. The last line is the total.

  --only rust   only the Rust part (at present the only one)";

const BENCH: &str = "\
usage: cargo xtask bench [ARGS]

Runs the benchmarks in release mode and prints one table. ARGS go to the benchmark program;
`cargo xtask bench -- --help` shows its own help. The exit code is 1 when a mark is missed.";

const SIMULATE: &str = "\
usage: cargo xtask simulate --seeds N --from K [--bug NAME]

Runs the simulated world under seeds K, K+1, … K+N-1. A failure prints its seed;
`cargo xtask simulate --seeds 1 --from SEED` plays it again.

  --seeds N    how many seeds
  --from K     the first seed
  --bug NAME   plant the bug NAME, to see that it is caught";

const PREFLIGHT: &str = "\
usage: cargo xtask preflight

Names everything this machine lacks at once, each with the command that installs it, and installs what it may
(the pinned Rust toolchain and its components, where rustup is there). The exit code is 1 if something is missing.";

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Help(&'static str),
    Demo { keep: Option<PathBuf> },
    Test { only: Option<Part> },
    Bench { arguments: Vec<OsString> },
    Simulate { seeds: u64, from: u64, bug: Option<String> },
    Preflight,
}

/// A part of the tests; the apps' parts join here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Rust,
}

/// Parses everything after the program's name; the error is a sentence about what is wrong.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    let mut rest = arguments.into_iter();
    let Some(name) = rest.next() else {
        return Err("no command given".into());
    };
    let rest: Vec<OsString> = rest.collect();
    match name.to_str() {
        Some("demo") => demo(rest),
        Some("test") => test(rest),
        Some("bench") => Ok(bench(rest)),
        Some("simulate") => simulate(rest),
        Some("preflight") => Flags::new("preflight", PREFLIGHT, rest).finish(Command::Preflight),
        Some("help" | "--help" | "-h") => Ok(Command::Help(USAGE)),
        _ => Err(format!("unknown command {name:?}")),
    }
}

fn demo(rest: Vec<OsString>) -> Result<Command, String> {
    let mut flags = Flags::new("demo", DEMO, rest);
    let keep = flags.value("--keep")?.map(PathBuf::from);
    flags.finish(Command::Demo { keep })
}

fn test(rest: Vec<OsString>) -> Result<Command, String> {
    let mut flags = Flags::new("test", TEST, rest);
    let only = match flags.text("--only")?.as_deref() {
        None => None,
        Some("rust") => Some(Part::Rust),
        Some(other) => {
            return Err(format!("test: --only {other:?} is not a part; the parts are: rust"));
        }
    };
    flags.finish(Command::Test { only })
}

/// Everything goes to the benchmark program, which knows its own flags.
fn bench(mut rest: Vec<OsString>) -> Command {
    match rest.first().and_then(|first| first.to_str()) {
        Some("--help" | "-h") => return Command::Help(BENCH),
        Some("--") => drop(rest.remove(0)),
        _ => {}
    }
    Command::Bench { arguments: rest }
}

fn simulate(rest: Vec<OsString>) -> Result<Command, String> {
    let mut flags = Flags::new("simulate", SIMULATE, rest);
    if flags.help {
        return flags.finish(Command::Help(SIMULATE));
    }
    let seeds = flags.number("--seeds")?.ok_or("simulate: --seeds N is missing")?;
    let from = flags.number("--from")?.ok_or("simulate: --from K is missing")?;
    let bug = flags.text("--bug")?;
    if seeds == 0 || from.checked_add(seeds).is_none() {
        return Err(format!("simulate: {seeds} seeds from {from} is not a range of seeds"));
    }
    flags.finish(Command::Simulate { seeds, from, bug })
}

/// The arguments of one command, taken out flag by flag; what is left at the end is a mistake.
struct Flags {
    command: &'static str,
    usage: &'static str,
    help: bool,
    rest: Vec<OsString>,
}

impl Flags {
    fn new(command: &'static str, usage: &'static str, rest: Vec<OsString>) -> Self {
        let help = rest.iter().any(|argument| argument == "--help" || argument == "-h");
        Self { command, usage, help, rest }
    }

    /// `--name VALUE` or `--name=VALUE`, at most once.
    fn value(&mut self, name: &str) -> Result<Option<OsString>, String> {
        let joined = format!("{name}=");
        let Some(place) = self
            .rest
            .iter()
            .position(|argument| argument == name || argument.to_str().is_some_and(|text| text.starts_with(&joined)))
        else {
            return Ok(None);
        };
        let flag = self.rest.remove(place);
        let value = match flag.to_str().and_then(|text| text.strip_prefix(&joined)) {
            Some(value) => OsString::from(value),
            None if place < self.rest.len() => self.rest.remove(place),
            None => return Err(format!("{}: {name} needs a value", self.command)),
        };
        if value.is_empty() {
            return Err(format!("{}: {name} needs a value", self.command));
        }
        Ok(Some(value))
    }

    fn text(&mut self, name: &str) -> Result<Option<String>, String> {
        self.value(name)?
            .map(|value| {
                value.into_string().map_err(|value| format!("{}: {name} {value:?} is not UTF-8", self.command))
            })
            .transpose()
    }

    fn number(&mut self, name: &str) -> Result<Option<u64>, String> {
        self.text(name)?
            .map(|value| value.parse().map_err(|_| format!("{}: {name} {value:?} is not a whole number", self.command)))
            .transpose()
    }

    fn finish(self, command: Command) -> Result<Command, String> {
        if self.help {
            return Ok(Command::Help(self.usage));
        }
        match self.rest.first() {
            None => Ok(command),
            Some(extra) => Err(format!("{}: unknown argument {extra:?}", self.command)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn every_documented_form_is_understood() {
        assert_eq!(parsed("demo"), Ok(Command::Demo { keep: None }));
        assert_eq!(parsed("demo --keep out"), Ok(Command::Demo { keep: Some("out".into()) }));
        assert_eq!(parsed("demo --keep=out"), Ok(Command::Demo { keep: Some("out".into()) }));
        assert_eq!(parsed("test"), Ok(Command::Test { only: None }));
        assert_eq!(parsed("test --only rust"), Ok(Command::Test { only: Some(Part::Rust) }));
        assert_eq!(parsed("preflight"), Ok(Command::Preflight));
        assert_eq!(
            parsed("simulate --from 7 --seeds 3 --bug lost_outbox"),
            Ok(Command::Simulate { seeds: 3, from: 7, bug: Some("lost_outbox".into()) })
        );
    }

    #[test]
    fn bench_forwards_everything() {
        let forwarded = |line| match parsed(line) {
            Ok(Command::Bench { arguments }) => arguments,
            other => panic!("{other:?}"),
        };
        assert_eq!(forwarded("bench"), Vec::<OsString>::new());
        assert_eq!(forwarded("bench --only relay"), ["--only", "relay"]);
        assert_eq!(forwarded("bench -- --help"), ["--help"]);
    }

    #[test]
    fn help_wins_over_missing_and_wrong_arguments() {
        for line in
            ["--help", "-h", "help", "demo --help", "test -h", "bench --help", "simulate --help", "preflight -h"]
        {
            assert!(matches!(parsed(line), Ok(Command::Help(_))), "{line}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (line, part) in [
            ("", "no command"),
            ("dance", "dance"),
            ("demo now", "now"),
            ("demo --keep", "--keep needs a value"),
            ("demo --keep=", "--keep needs a value"),
            ("demo --keep a --keep b", "--keep"),
            ("test --only kotlin", "kotlin"),
            ("test --fast", "--fast"),
            ("simulate", "--seeds"),
            ("simulate --seeds 3", "--from"),
            ("simulate --seeds x --from 1", "x"),
            ("simulate --seeds -1 --from 1", "-1"),
            ("simulate --seeds 0 --from 1", "0 seeds"),
            ("simulate --seeds 1 --from 1 --loud", "--loud"),
            ("preflight all", "all"),
        ] {
            let wrong = parsed(line).expect_err(line);
            assert!(wrong.contains(part), "{line:?}: {wrong}");
        }
    }
}
