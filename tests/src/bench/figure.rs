//! One line of the table, and how it is measured: interleaved with its floor, the medians of both.

use std::time::{Duration, Instant};

/// What a figure or its floor came to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Quantity {
    /// Time.
    Time(Duration),
    /// Size.
    Bytes(f64),
    /// So many a second.
    Rate(f64),
}

/// What a figure is held to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mark {
    /// At most so many times its floor.
    AtMost(f64),
    /// At most one so-manieth of its floor.
    AtMostOneOf(f64),
    /// At least so many times its floor.
    AtLeast(f64),
    /// At most so many bytes; it has no floor.
    Bytes(f64),
}

/// One line.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// What is measured.
    pub(crate) figure: &'static str,
    /// What it came to.
    pub(crate) measured: Quantity,
    /// What it is compared with.
    pub(crate) floor: Option<Quantity>,
    /// What it is held to.
    pub(crate) mark: Mark,
}

impl Quantity {
    fn number(self) -> f64 {
        match self {
            Self::Time(time) => time.as_secs_f64(),
            Self::Bytes(number) | Self::Rate(number) => number,
        }
    }
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Time(time) if *time < Duration::from_millis(10) => {
                f.pad(&format!("{:.0} µs", time.as_secs_f64() * 1e6))
            }
            Self::Time(time) => f.pad(&format!("{:.1} ms", time.as_secs_f64() * 1e3)),
            Self::Bytes(bytes) if *bytes < 4096.0 => f.pad(&format!("{bytes:.0} B")),
            Self::Bytes(bytes) if *bytes < 1_048_576.0 => f.pad(&format!("{:.1} KiB", bytes / 1024.0)),
            Self::Bytes(bytes) => f.pad(&format!("{:.2} MiB", bytes / 1_048_576.0)),
            Self::Rate(rate) => f.pad(&format!("{rate:.0} /s")),
        }
    }
}

impl Row {
    /// The figure in terms of its floor.
    pub(crate) fn ratio(&self) -> Option<f64> {
        self.floor.map(|floor| self.measured.number() / floor.number())
    }

    /// Whether the mark is kept.
    pub(crate) fn is_kept(&self) -> bool {
        let ratio = self.ratio().unwrap_or(f64::NAN);
        match self.mark {
            Mark::AtMost(most) => ratio <= most,
            Mark::AtMostOneOf(part) => ratio * part <= 1.0,
            Mark::AtLeast(least) => ratio >= least,
            Mark::Bytes(most) => self.measured.number() <= most,
        }
    }

    /// The line as it is printed.
    pub(crate) fn line(&self) -> String {
        let floor = self.floor.map_or("—".to_owned(), |floor| floor.to_string());
        let (ratio, mark) = match (self.mark, self.ratio()) {
            (Mark::AtMost(most), Some(ratio)) => (format!("{ratio:.2}×"), format!("≤ {most}×")),
            (Mark::AtMostOneOf(part), Some(ratio)) => (format!("1/{:.0}", 1.0 / ratio), format!("≤ 1/{part}")),
            (Mark::AtLeast(least), Some(ratio)) => (format!("{ratio:.2}×"), format!("≥ {least}×")),
            (Mark::Bytes(most), _) => ("—".to_owned(), format!("≤ {}", Quantity::Bytes(most))),
            _ => ("—".to_owned(), "—".to_owned()),
        };
        let verdict = if self.is_kept() { "ok" } else { "MISSED" };
        format!("{:<66} {:>10} {floor:>10} {ratio:>8} {mark:>10}  {verdict}", self.figure, self.measured)
    }

    /// What stands above the lines.
    pub(crate) fn heading() -> String {
        format!("{:<66} {:>10} {:>10} {:>8} {:>10}", "figure", "measured", "floor", "ratio", "mark")
    }
}

/// The middle one.
pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Lets a figure and its floor take turns, the order changing from round to round, and gives the medians. Each gets the
/// number of the round and says itself how long it took, so that what prepares it does not count.
pub(crate) fn interleave(
    rounds: usize,
    figure: &mut dyn FnMut(usize) -> Duration,
    floor: &mut dyn FnMut(usize) -> Duration,
) -> (Quantity, Quantity) {
    let (mut figures, mut floors) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        if round.is_multiple_of(2) {
            figures.push(figure(round));
            floors.push(floor(round));
        } else {
            floors.push(floor(round));
            figures.push(figure(round));
        }
    }
    (Quantity::Time(median(figures)), Quantity::Time(median(floors)))
}

/// How long something takes.
pub(crate) fn timed<T>(act: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let value = act();
    (start.elapsed(), value)
}
