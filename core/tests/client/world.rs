//! A relay and phones of one test, in a folder that goes with it.

use amends_core::client::{Client, ClientError, Clock, FileKeyVault, Invited, PairingEvent, Person};
use amends_core::home::{EntryView, Invitee};
use amends_core::id::{EntryId, SpaceId};
use amends_protocol::RelayAddress;
use amends_relay::{Config, Options, Relay, SystemClock};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// A safety net, far above what anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A relay that can be stopped and comes back at the same address.
pub(crate) struct World {
    pub(crate) folder: TempDir,
    relay: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
    listen: SocketAddr,
    pub(crate) address: RelayAddress,
}

impl World {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let (relay, listen, address) = start(folder.path(), any).await;
        Self { folder, relay: Some(relay), listen, address }
    }

    pub(crate) async fn stop_relay(&mut self) {
        let (stop, task) = self.relay.take().expect("the relay runs");
        drop(stop);
        task.await.unwrap();
    }

    pub(crate) async fn start_relay(&mut self) {
        let (relay, ..) = start(self.folder.path(), self.listen).await;
        self.relay = Some(relay);
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A phone with a member of its own.
    pub(crate) fn phone(&self, name: &str) -> Client {
        let path = self.path(name);
        Client::create(&path, Box::new(FileKeyVault::new(&path)), Clock::system(), name).unwrap()
    }

    pub(crate) fn reopen(&self, name: &str) -> Result<Client, ClientError> {
        let path = self.path(name);
        Client::open(&path, Box::new(FileKeyVault::new(&path)), Clock::system())
    }

    /// Two phones that are paired.
    pub(crate) async fn couple(&self) -> (Client, Client) {
        let (ana, ben) = (self.phone("ana"), self.phone("ben"));
        let (invited, joined) = self.pair(&ana, &ben, Way::Link, Honest).await;
        assert_eq!(invited.unwrap(), joined.unwrap());
        (ana, ben)
    }

    /// Lets two phones pair, the codes carried by `carrier`.
    pub(crate) async fn pair(&self, ana: &Client, ben: &Client, way: Way, carrier: impl Carrier) -> (Paired, Paired) {
        let join = async |invited: Invited<'_>, person: &mut Sitting| ben.join(invited, person).await;
        let (invited, joined, spaces) = self.meet(ana, Invitee::Partner, way, carrier, join).await;
        (invited.map(|()| spaces[0]), joined.map(|()| spaces[1]))
    }

    /// Lets `inviter` invite and `join` answer. Gives what either said, and the spaces that either was told.
    pub(crate) async fn meet<T>(
        &self,
        inviter: &Client,
        invitee: Invitee,
        way: Way,
        carrier: impl Carrier,
        join: impl AsyncFnOnce(Invited<'_>, &mut Sitting) -> Result<T, ClientError>,
    ) -> (Result<(), ClientError>, Result<T, ClientError>, [Option<SpaceId>; 2]) {
        let (mut inviting, mut joining) = (Seat::new(), Seat::new());
        let (mut one, mut other) = (inviting.person(), joining.person());
        let invite = async {
            let invited = inviter.invite(invitee, Some(&self.address), &mut one).await;
            drop(one);
            invited
        };
        let answer = async {
            let (link, words) = inviting.invite().await;
            let invited = match way {
                Way::Link => Invited::Link(&link),
                Way::Words => Invited::Words { words: &words, relay: &self.address },
            };
            let joining_ends = async {
                let joined = join(invited, &mut other).await;
                drop(other);
                joined
            };
            tokio::join!(joining_ends, carry(&mut inviting, &mut joining, &carrier)).0
        };
        let (invited, joined) = tokio::join!(invite, answer);
        (invited, joined, [inviting.space, joining.space])
    }
}

/// What became of a pairing for one side: the space that they were told.
pub(crate) type Paired = Result<Option<SpaceId>, ClientError>;

async fn start(folder: &Path, listen: SocketAddr) -> ((oneshot::Sender<()>, JoinHandle<()>), SocketAddr, RelayAddress) {
    let clock = Arc::new(SystemClock::default());
    let options = Options { data: folder.join("relay"), listen, public: None, config: Config::default(), clock };
    let relay = Relay::start(options).await.unwrap();
    let (listen, address) = (relay.local_address(), relay.address().clone());
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(relay.serve(async { drop(stopped.await) }));
    ((stop, task), listen, address)
}

/// How an invite travels.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    Link,
    Words,
}

/// What becomes of a code on its way to the other person.
pub(crate) trait Carrier {
    /// The code that is typed; none when that person gives up.
    fn carry(&self, code: String) -> Option<String>;
}

pub(crate) struct Honest;

impl Carrier for Honest {
    fn carry(&self, code: String) -> Option<String> {
        Some(code)
    }
}

impl<F: Fn(String) -> Option<String>> Carrier for F {
    fn carry(&self, code: String) -> Option<String> {
        self(code)
    }
}

/// Somebody in front of a phone, as the test sees them.
pub(crate) struct Seat {
    events: mpsc::Receiver<PairingEvent>,
    types: Option<mpsc::Sender<String>>,
    person: Option<Sitting>,
    space: Option<SpaceId>,
}

/// The same, as the client sees them.
pub(crate) struct Sitting {
    tells: mpsc::Sender<PairingEvent>,
    typed: mpsc::Receiver<String>,
}

impl Seat {
    pub(crate) fn new() -> Self {
        let (tells, events) = mpsc::channel(16);
        let (types, typed) = mpsc::channel(1);
        Self { events, types: Some(types), person: Some(Sitting { tells, typed }), space: None }
    }

    pub(crate) fn person(&mut self) -> Sitting {
        self.person.take().expect("sits once")
    }

    /// The invite that the phone shows first: its link and its words.
    pub(crate) async fn invite(&mut self) -> (String, String) {
        match self.told().await {
            Some(PairingEvent::Invite { link, words: Some(words) }) => (link.to_string(), words.to_string()),
            other => panic!("no invite: {other:?}"),
        }
    }

    /// Waits until the phone shows its code.
    pub(crate) async fn check(&mut self) {
        while !matches!(self.told().await.expect("a code is shown"), PairingEvent::Check { .. }) {}
    }

    /// The person types nothing any more.
    pub(crate) fn give_up(&mut self) {
        self.types = None;
    }

    async fn told(&mut self) -> Option<PairingEvent> {
        self.events.recv().await
    }
}

/// Nobody sits there: whoever asks for a code hears that they gave up.
pub(crate) struct Nobody;

impl Person for Nobody {
    fn tell(&mut self, _: PairingEvent) {}

    async fn type_code(&mut self) -> Option<String> {
        None
    }
}

impl Person for Sitting {
    fn tell(&mut self, event: PairingEvent) {
        self.tells.try_send(event).expect("the test listens");
    }

    async fn type_code(&mut self) -> Option<String> {
        self.typed.recv().await
    }
}

/// Carries each code that one phone shows to the other person, until both are done.
async fn carry(inviter: &mut Seat, joiner: &mut Seat, carrier: &impl Carrier) {
    let (mut inviting, mut joining) = (true, true);
    while inviting || joining {
        let (seat, other, event) = tokio::select! {
            event = inviter.told(), if inviting => {
                inviting = event.is_some();
                (&mut *inviter, &mut *joiner, event)
            }
            event = joiner.told(), if joining => {
                joining = event.is_some();
                (&mut *joiner, &mut *inviter, event)
            }
        };
        match event {
            Some(PairingEvent::Check { code }) => match carrier.carry(code.to_string()) {
                Some(code) => drop(other.types.as_ref().map(|types| types.try_send(code))),
                None => other.types = None,
            },
            Some(PairingEvent::Paired { space }) => seat.space = space,
            _ => {}
        }
    }
}

/// What the tests write: an appreciation.
pub(crate) fn thank(client: &Client, text: &str) -> EntryId {
    let fields = [("text".to_owned(), text.to_owned())];
    client.act(|home, at| home.new_entry(at, "appreciation", &fields, false)).unwrap()
}

/// All appreciations' ids and words.
pub(crate) fn thanks(client: &Client) -> Vec<String> {
    let entries = client.look(|home, at| home.list(at, Some("appreciation"))).unwrap();
    let mut thanks: Vec<String> = entries
        .iter()
        .map(|entry| match entry {
            EntryView::OwnEntry { fields, .. } => serde_json::to_string(fields).unwrap(),
            other => panic!("not an own entry: {other:?}"),
        })
        .collect();
    thanks.sort();
    thanks
}

pub(crate) fn outbox(client: &Client) -> u64 {
    client.look(|home, at| home.status(at)).unwrap().outbox
}
