//! Counters, as Prometheus text. They count things, never boxes or people: no label names an id or an address.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use amends_protocol::ErrorCode;

/// A number that only this module reads.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, amount: u64) {
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    /// For gauges.
    pub(crate) fn subtract(&self, amount: u64) {
        self.0.fetch_sub(amount, Ordering::Relaxed);
    }

    pub(crate) fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Numbers for each error code; a later code counts with the last.
const CODES: usize = 32;

#[derive(Debug, Default)]
pub(crate) struct Metrics {
    pub(crate) connections: Counter,
    pub(crate) connections_accepted: Counter,
    pub(crate) connections_refused: Counter,
    pub(crate) subscriptions: Counter,
    pub(crate) requests: Counter,
    pub(crate) received_bytes: Counter,
    pub(crate) sent_bytes: Counter,
    pub(crate) outgoing_bytes: Counter,
    pub(crate) appends: Counter,
    pub(crate) duplicates: Counter,
    pub(crate) pushed_records: Counter,
    pub(crate) lagged: Counter,
    errors: [Counter; CODES],
}

impl Metrics {
    pub(crate) fn error(&self, code: ErrorCode) {
        let index = usize::from(code.number()).min(CODES - 1);
        if let Some(counter) = self.errors.get(index) {
            counter.add(1);
        }
    }

    /// The exposition format, version 0.0.4. `queued_writes` and `rendezvous` are read by the caller.
    pub(crate) fn text(&self, queued_writes: usize, rendezvous: usize) -> String {
        let mut text = String::with_capacity(4096);
        let gauges = [
            ("connections", "Open connections.", self.connections.value()),
            ("subscriptions", "Boxes that a connection is subscribed to.", self.subscriptions.value()),
            ("outgoing_bytes", "Bytes waiting for phones to read them.", self.outgoing_bytes.value()),
            ("queued_writes", "Writes waiting for the next commit.", queued_writes as u64),
            ("rendezvous", "Rendezvous open or remembered.", rendezvous as u64),
        ];
        for (name, help, value) in gauges {
            line(&mut text, name, help, "gauge", value);
        }
        let counters = [
            ("connections_accepted_total", "Connections accepted.", self.connections_accepted.value()),
            ("connections_refused_total", "Connections refused.", self.connections_refused.value()),
            ("requests_total", "Requests decoded.", self.requests.value()),
            ("received_bytes_total", "Bytes of frames received.", self.received_bytes.value()),
            ("sent_bytes_total", "Bytes of frames sent.", self.sent_bytes.value()),
            ("appends_total", "Records appended.", self.appends.value()),
            ("duplicates_total", "Appends of records that were there.", self.duplicates.value()),
            ("pushed_records_total", "New records pushed to subscribers.", self.pushed_records.value()),
            ("lagged_total", "Subscriptions ended for reading too slowly.", self.lagged.value()),
        ];
        for (name, help, value) in counters {
            line(&mut text, name, help, "counter", value);
        }
        text.push_str("# HELP amends_relay_errors_total Error answers and closed connections.\n");
        text.push_str("# TYPE amends_relay_errors_total counter\n");
        for code in ErrorCode::ALL {
            let value = self.errors.get(usize::from(code.number())).map_or(0, Counter::value);
            // Writing to a string cannot fail.
            let _infallible = writeln!(text, "amends_relay_errors_total{{code=\"{}\"}} {value}", code.name());
        }
        text
    }
}

fn line(text: &mut String, name: &str, help: &str, kind: &str, value: u64) {
    let _infallible = writeln!(
        text,
        "# HELP amends_relay_{name} {help}\n# TYPE amends_relay_{name} {kind}\namends_relay_{name} {value}"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_counter_of_its_own() {
        assert!(ErrorCode::ALL.iter().all(|code| usize::from(code.number()) < CODES - 1));
        let metrics = Metrics::default();
        metrics.error(ErrorCode::BoxFull);
        metrics.error(ErrorCode::Other(60_000));
        assert!(metrics.text(0, 0).contains("amends_relay_errors_total{code=\"box_full\"} 1\n"));
    }
}
