//! How much one address may do: token buckets in a bounded table. The clock is handed in.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Clock;
use crate::limits::Limits;

/// Addresses remembered in each half of the table. Together about 10 MiB; an attacker with more addresses than that only
/// wins fresh buckets, and the limits that count connections and rendezvous in all still hold.
const ADDRESSES_MAX: usize = 32_768;

/// What an address is limited in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rate {
    Connects,
    Requests,
    Bytes,
    Boxes,
    Rendezvous,
}

/// How many rates there are.
const RATES: usize = 5;

/// An address as it is limited: IPv6 by its /64, since a household has that many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct AddressKey(u64, bool);

impl AddressKey {
    pub(crate) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(u64::from(u32::from(address)), false),
            IpAddr::V6(address) => Self((u128::from(address) >> 64) as u64, true),
        }
    }
}

/// A bucket's size and speed.
#[derive(Debug, Clone, Copy)]
struct Plan {
    burst: f64,
    per_second: f64,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    filled_at: Duration,
}

type Buckets = [Bucket; RATES];

/// Two halves, so that the least recently used addresses are forgotten without a list: when the young half is full it
/// becomes the old one, and what is used in the old half moves to the young.
#[derive(Default)]
struct Table {
    young: HashMap<AddressKey, Buckets>,
    old: HashMap<AddressKey, Buckets>,
    connections: HashMap<AddressKey, u32>,
}

pub(crate) struct Rates {
    clock: Arc<dyn Clock>,
    plans: [Plan; RATES],
    connections_max: u32,
    enabled: bool,
    table: Mutex<Table>,
}

impl Rates {
    pub(crate) fn new(limits: &Limits, clock: Arc<dyn Clock>) -> Self {
        let plan = |burst: u32, times: u32, amount: u32, seconds: u32| Plan {
            burst: f64::from(burst) * f64::from(times),
            per_second: f64::from(amount) / f64::from(seconds),
        };
        let connects = limits.connects_per_address_per_minute;
        let requests = limits.requests_per_address_per_second;
        let bytes = limits.bytes_per_address_per_second;
        let boxes = limits.boxes_per_address_per_hour;
        let rendezvous = limits.rendezvous_per_address_per_hour;
        Self {
            clock,
            plans: [
                plan(limits.connections_per_address_max, 1, connects, 60),
                plan(requests, 10, requests, 1),
                plan(bytes, 64, bytes, 1),
                plan(boxes, 1, boxes, 3600),
                plan(rendezvous, 1, rendezvous, 3600),
            ],
            connections_max: limits.connections_per_address_max,
            enabled: limits.per_address,
            table: Mutex::default(),
        }
    }

    /// Takes `amount` of a rate; otherwise says after how many seconds it could be had.
    pub(crate) fn take(&self, address: AddressKey, rate: Rate, amount: u32) -> Result<(), u32> {
        if !self.enabled {
            return Ok(());
        }
        let now = self.clock.elapsed();
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let buckets = table.buckets(address, &self.plans, now);
        let (Some(bucket), Some(plan)) = (buckets.get_mut(rate as usize), self.plans.get(rate as usize)) else {
            return Ok(());
        };
        let since = now.saturating_sub(bucket.filled_at).as_secs_f64();
        bucket.tokens = (bucket.tokens + since * plan.per_second).min(plan.burst);
        bucket.filled_at = now;
        // One amount larger than the whole burst passes once the bucket is full, or it never could.
        let needed = f64::from(amount).min(plan.burst.max(1.0));
        if bucket.tokens >= needed {
            bucket.tokens -= f64::from(amount);
            return Ok(());
        }
        let wait_s = (needed - bucket.tokens) / plan.per_second;
        // A rate of zero never refills; an hour is as good an answer as any.
        Err(if wait_s.is_finite() { wait_s.ceil().clamp(1.0, 3600.0) as u32 } else { 3600 })
    }

    /// Counts a connection of the address until the guard is dropped; `None` if it has too many.
    pub(crate) fn connect(self: &Arc<Self>, address: AddressKey) -> Option<ConnectionCount> {
        if !self.enabled {
            return Some(ConnectionCount { rates: None, address });
        }
        self.take(address, Rate::Connects, 1).ok()?;
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let count = table.connections.entry(address).or_insert(0);
        if *count >= self.connections_max {
            return None;
        }
        *count += 1;
        Some(ConnectionCount { rates: Some(Arc::clone(self)), address })
    }
}

impl Table {
    fn buckets(&mut self, address: AddressKey, plans: &[Plan; RATES], now: Duration) -> &mut Buckets {
        if !self.young.contains_key(&address) && self.young.len() >= ADDRESSES_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        let Self { young, old, .. } = self;
        young.entry(address).or_insert_with(|| {
            old.remove(&address).unwrap_or_else(|| plans.map(|plan| Bucket { tokens: plan.burst, filled_at: now }))
        })
    }
}

/// One connection of an address.
pub(crate) struct ConnectionCount {
    rates: Option<Arc<Rates>>,
    address: AddressKey,
}

impl Drop for ConnectionCount {
    fn drop(&mut self) {
        let Some(rates) = &self.rates else { return };
        let mut table = rates.table.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = table.connections.get_mut(&self.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                table.connections.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    struct Hand(AtomicU64);

    impl Clock for Hand {
        fn elapsed(&self) -> Duration {
            Duration::from_secs(self.0.load(Ordering::Relaxed))
        }

        fn wall_s(&self) -> u64 {
            0
        }
    }

    fn rates(limits: &Limits) -> (Arc<Hand>, Arc<Rates>) {
        let clock = Arc::new(Hand(AtomicU64::new(0)));
        (Arc::clone(&clock), Arc::new(Rates::new(limits, clock)))
    }

    fn key(last: u8) -> AddressKey {
        AddressKey::of(IpAddr::from([192, 0, 2, last]))
    }

    #[test]
    fn a_bucket_empties_says_when_and_refills() {
        let (clock, rates) = rates(&Limits { boxes_per_address_per_hour: 2, ..Limits::default() });
        assert_eq!(rates.take(key(1), Rate::Boxes, 1), Ok(()));
        assert_eq!(rates.take(key(1), Rate::Boxes, 1), Ok(()));
        assert_eq!(rates.take(key(1), Rate::Boxes, 1), Err(1800));
        assert_eq!(rates.take(key(2), Rate::Boxes, 1), Ok(()), "others are not hurt");
        clock.0.store(1800, Ordering::Relaxed);
        assert_eq!(rates.take(key(1), Rate::Boxes, 1), Ok(()));
    }

    #[test]
    fn an_amount_above_the_burst_passes_when_the_bucket_is_full() {
        let (_, rates) = rates(&Limits { bytes_per_address_per_second: 1, ..Limits::default() });
        assert_eq!(rates.take(key(1), Rate::Bytes, 1_000), Ok(()));
        assert_eq!(rates.take(key(1), Rate::Bytes, 1), Err(937));
    }

    #[test]
    fn connections_are_counted_until_dropped() {
        let (_, rates) = rates(&Limits { connections_per_address_max: 2, ..Limits::default() });
        let held = rates.connect(key(1));
        assert!(held.is_some());
        drop(held);
        assert!(rates.table.lock().unwrap().connections.is_empty());
    }

    #[test]
    fn an_ipv6_household_is_one_address() {
        let address = |text: &str| AddressKey::of(text.parse().unwrap());
        assert_eq!(address("2001:db8::1"), address("2001:db8::ffff:1"));
        assert_ne!(address("2001:db8::1"), address("2001:db8:0:1::1"));
        assert_eq!(address("::ffff:192.0.2.1"), key(1));
    }

    #[test]
    fn the_table_is_bounded() {
        let (_, rates) = rates(&Limits::default());
        for number in 0..(3 * ADDRESSES_MAX as u32) {
            let _ = rates.take(AddressKey(u64::from(number), false), Rate::Requests, 1);
        }
        let table = rates.table.lock().unwrap();
        assert!(table.young.len() + table.old.len() <= 2 * ADDRESSES_MAX);
    }
}
