//! Misbehaviour that the harness plants, to see that it is caught.

macro_rules! bugs {
    ($($(#[$doc:meta])* $variant:ident = $name:literal;)*) => {
        /// See the module's documentation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Bug {
            $($(#[$doc])* $variant,)*
        }

        impl Bug {
            /// Every bug.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name on the command line.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

bugs! {
    /// The relay acknowledges some records and drops them.
    RelayDropsAcknowledged = "relay_drops_acknowledged";
    /// The relay pushes some records to nobody, and moves on.
    RelaySkipsPushed = "relay_skips_pushed";
    /// The relay cuts the last byte off what it keeps.
    RelayTruncates = "relay_truncates";
    /// A phone's store loses its last acknowledged transaction when the process dies.
    StoreForgetsLast = "store_forgets_last";
    /// A phone's store keeps half of a transaction when the process dies in it.
    StoreTears = "store_tears";
    /// A phone's store does not overwrite what was taken back.
    StoreKeepsRedacted = "store_keeps_redacted";
    /// A phone's view cache is written once and never again.
    StaleViews = "stale_views";
    /// The driver does not compare the database with the key vault, so that a restored one signs at places used before.
    ForgetsCounter = "forgets_counter";
    /// The driver reports the vault's records as kept by the relay before they are, so that a commitment does not wait for them.
    IgnoresWaits = "ignores_waits";
    /// The driver loses a push now and then and goes on, which moves cursors past what was never read.
    LosesPushes = "loses_pushes";
    /// A phone empties its outbox when it starts.
    DropsOutbox = "drops_outbox";
    /// A phone opens its answer without waiting for the other's.
    OpensAtOnce = "opens_at_once";
    /// A phone puts words of the vault into the space.
    SharesVault = "shares_vault";
    /// A phone types twice what was typed once.
    TypesTwice = "types_twice";
    /// A phone signs another record at a place it has used.
    SignsTwice = "signs_twice";
    /// A phone leaves `over` out of what it sends.
    SkipsOver = "skips_over";
    /// Of wordings that stand side by side, phones show the one that claims the latest day.
    LatestByClock = "latest_by_clock";
    /// A phone makes one text of two that stand side by side.
    MergesTexts = "merges_texts";
    /// A phone trims behind a pack before the relay has it.
    TrimsEarly = "trims_early";
    /// Phones leave a chain out of the space's packs.
    PacksLackChain = "packs_lack_chain";
    /// A phone leaves packs that hold what was taken back where they are.
    KeepsOldPacks = "keeps_old_packs";
    /// A phone that loads a pack gives up what is not in it.
    PackReplaces = "pack_replaces";
}

impl Bug {
    /// The bug of a name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|bug| bug.name() == name)
    }

    /// Every name.
    pub fn names() -> Vec<&'static str> {
        Self::ALL.iter().map(|bug| bug.name()).collect()
    }
}
