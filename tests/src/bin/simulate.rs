//! Plays the simulated world under many seeds: `simulate --seeds N --from K [--bug NAME] [--steps N]`.

use amends_tests::world::Bug;
use amends_tests::world::runs::{Failure, Held, Play, STEPS};
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

const USAGE: &str = "usage: simulate --seeds N --from K [--bug NAME] [--steps N]";

struct Asked {
    seeds: u64,
    from: u64,
    bug: Option<Bug>,
    steps: usize,
}

fn main() -> ExitCode {
    let mut out = std::io::stdout();
    let asked = match parse(std::env::args().skip(1)) {
        Ok(asked) => asked,
        Err(why) => {
            let _ = writeln!(std::io::stderr(), "{why}\n{USAGE}\nbugs: {}", Bug::names().join(", "));
            return ExitCode::from(2);
        }
    };
    let started = Instant::now();
    let (held, failures) = play(&asked);
    let seconds = started.elapsed().as_secs_f64();
    for failure in &failures {
        let _ = writeln!(out, "seed {} failed: {}", failure.seed, failure.what);
        for line in &failure.trace {
            let _ = writeln!(out, "    {line}");
        }
        let bug = asked.bug.map(|bug| format!(" --bug {}", bug.name())).unwrap_or_default();
        let _ = writeln!(out, "    again: cargo xtask simulate --seeds 1 --from {}{bug}", failure.seed);
    }
    let acts: usize = held.iter().map(|held| held.acts).sum();
    let said: usize = held.iter().map(|held| held.said).sum();
    let packed = held.iter().filter(|held| held.packing.put > 0).count();
    let trimmed: usize = held.iter().map(|held| held.packing.trimmed).sum();
    let _ = writeln!(out, "{packed} seeds made packs and trimmed {trimmed} records behind them");
    let _ = writeln!(
        out,
        "{} seeds from {}: {} held, {} failed; {acts} acts, {said} acknowledged statements found everywhere; {:.1} s, {:.0} ms each",
        asked.seeds,
        asked.from,
        held.len(),
        failures.len(),
        seconds,
        seconds * 1000.0 / asked.seeds as f64,
    );
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn play(asked: &Asked) -> (Vec<Held>, Vec<Failure>) {
    let (held, failures) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let next = AtomicU64::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= asked.seeds {
                        break;
                    }
                    let play = Play { seed: asked.from + number, steps: asked.steps, bug: asked.bug };
                    match play.run_and_shorten() {
                        Ok(found) => held.lock().expect("no thread died").push(found),
                        Err(failure) => failures.lock().expect("no thread died").push(failure),
                    }
                }
            });
        }
    });
    (held.into_inner().expect("no thread died"), failures.into_inner().expect("no thread died"))
}

fn parse(arguments: impl Iterator<Item = String>) -> Result<Asked, String> {
    let arguments: Vec<String> = arguments.collect();
    let mut asked = Asked { seeds: 0, from: 0, bug: None, steps: STEPS };
    for pair in arguments.chunks(2) {
        let [flag, value] = pair else { return Err(format!("{} has no value", pair[0])) };
        let number = || value.parse::<u64>().map_err(|_| format!("{value} is no number"));
        match flag.as_str() {
            "--seeds" => asked.seeds = number()?,
            "--from" => asked.from = number()?,
            "--steps" => asked.steps = usize::try_from(number()?).map_err(|_| "too many steps")?,
            "--bug" => asked.bug = Some(Bug::find(value).ok_or_else(|| format!("no bug is called {value}"))?),
            _ => return Err(format!("unknown flag {flag}")),
        }
    }
    if asked.seeds == 0 { Err("--seeds N is missing".to_owned()) } else { Ok(asked) }
}
