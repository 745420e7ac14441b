//! Ten years of a couple, with Ana's phone on a real store: what most figures start from.

use super::store::{Folder, PhoneStore};
use amends_core::home::{Home, Moment};
use amends_core::id::{Day, EntryId};
use amends_core::storage::SqliteStore;
use amends_tests::workload::{Action, BoxedStore, Couple, PHONES, Plan, TEN_YEARS, moment};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// The seed of the figures.
pub(crate) const SEED: u64 = 1;
/// Days for who only wants to see whether the benchmark runs.
const QUICK_DAYS: usize = 120;
/// Ana's phone.
pub(crate) const ANA: usize = 0;
/// Ben's phone.
pub(crate) const BEN: usize = 2;
/// A number at the relay that belongs to no phone of the couple.
pub(crate) const VISITOR: usize = PHONES;

/// A home as a phone opens it.
pub(crate) type OpenHome = Home<PhoneStore<SqliteStore>>;

/// See the module's documentation.
pub(crate) struct Life {
    /// What was done.
    pub(crate) plan: Plan,
    /// The couple, after it was done.
    pub(crate) couple: Couple,
    /// Ana's phone as it was left.
    _folder: Folder,
    /// The same after its store was closed in good order.
    pub(crate) closed: Folder,
    /// Appreciations that Ana wrote.
    pub(crate) own: Vec<EntryId>,
    /// Bytes on Ana's phone while its home was open.
    pub(crate) disk: u64,
    /// The day after the last.
    pub(crate) tomorrow: Day,
}

impl Life {
    /// Lives it.
    pub(crate) fn new(quick: bool) -> Self {
        let plan = Plan::new(SEED, if quick { QUICK_DAYS } else { TEN_YEARS });
        let built = Folder::in_memory();
        let mut stores: Vec<BoxedStore> = Couple::memory_stores();
        stores[ANA] = Box::new(built.open());
        let mut couple = Couple::found(SEED, stores, plan.first_day());
        plan.sessions().iter().for_each(|session| couple.play(session));
        let last = plan.sessions().last().map_or(plan.first_day(), |session| session.day);
        couple.meet(couple.now(last));
        assert!(couple.is_settled(), "everything is said and read");
        couple.hang_up(ANA, couple.now(last));
        let (disk, folder) = (built.bytes(), built.copy());
        let closed = folder.copy();
        drop(closed.open());
        super::say(&crate::bench::store::census(&closed.database()));
        let own = own_appreciations(&plan, couple.appreciations());
        Self { plan, couple, _folder: folder, closed, own, disk, tomorrow: last.plus(1) }
    }

    /// A moment of the day after the last.
    pub(crate) fn now(&self) -> Moment {
        moment(self.tomorrow, 8 * 60, 1 << 40)
    }

    /// Opens a home.
    pub(crate) fn open(folder: &Folder) -> OpenHome {
        Home::open(folder.open(), random()).expect("the home opens")
    }
}

/// Randomness of whoever opens a home.
pub(crate) fn random() -> Box<ChaCha20Rng> {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1 << 48);
    Box::new(ChaCha20Rng::seed_from_u64(NEXT.fetch_add(1, Ordering::Relaxed)))
}

fn own_appreciations(plan: &Plan, entries: &[EntryId]) -> Vec<EntryId> {
    let of_session = |session: &amends_tests::workload::Session| {
        let written = session.actions.iter().filter(|action| matches!(action, Action::Appreciate(_)));
        vec![session.phone < BEN; written.count()]
    };
    let mine = plan.sessions().iter().flat_map(of_session);
    entries.iter().zip(mine).filter(|(_, mine)| *mine).map(|(entry, _)| *entry).collect()
}
