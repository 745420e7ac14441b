//! A full disk, a damaged folder, a newer one, a second relay.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use amends_protocol::*;
use amends_relay::store::sqlite::OpenError;
use amends_relay::{Config, FolderError, StartError};

use crate::common::*;

/// Bytes of a database that is soon full.
const SMALL_DISK_BYTES: u64 = 400_000;

#[tokio::test]
async fn a_full_disk_refuses_and_loses_nothing() {
    let relay = TestRelay::with(|config| config.limits.store_bytes_max = Some(SMALL_DISK_BYTES)).await;
    let (key, other) = (BoxKey::new(1), BoxKey::new(2));
    let box_id = key.id();
    let mut client = relay.client_of(&key).await;
    client.open(&other).await;
    client.appended(other.id(), &record(0, 500)).await;
    let mut kept = Vec::new();
    let refused = loop {
        match client.append(box_id, &record(kept.len() as u32, 20_000)).await {
            Response::Appended { cursor, .. } => kept.push(cursor),
            refused => break refused,
        }
    };
    assert_eq!(code(&refused), ErrorCode::StoreFull);
    assert!(kept.len() > 5, "{}", kept.len());
    // A large one among small ones fails alone, whether or not they share a commit.
    let small = client.say(Request::Append { box_id, record: record(1_001, 100) }).await;
    let large = client.say(Request::Append { box_id, record: record(1_002, 200_000) }).await;
    let after = client.say(Request::Append { box_id: other.id(), record: record(1_003, 100) }).await;
    assert!(matches!(client.answer(small).await, Response::Appended { .. }));
    assert_eq!(code(&client.answer(large).await), ErrorCode::StoreFull);
    assert!(matches!(client.answer(after).await, Response::Appended { .. }));
    // What was acknowledged is there, also after a restart, and room that is made is used.
    let stored = client.read_all(box_id, Cursor::START).await;
    assert_eq!(stored.len(), kept.len() + 1);
    let relay = relay.restart().await;
    let mut client = relay.client_of(&key).await;
    client.open(&other).await;
    assert_eq!(client.read_all(box_id, Cursor::START).await, stored);
    assert_eq!(client.read_all(other.id(), Cursor::START).await.len(), 2);
    assert_eq!(client.ask(Request::DeleteBox { box_id }).await, Response::BoxDeleted);
    relay.control.sweep().await.unwrap();
    client.appended(other.id(), &record(1_004, 100_000)).await;
}

/// Stops a relay with two boxes of many records each; hands out its folder and configuration.
async fn filled() -> (tempfile::TempDir, Config, [BoxKey; 2]) {
    let relay = TestRelay::start().await;
    let keys = [BoxKey::new(1), BoxKey::new(2)];
    let mut client = relay.client().await;
    for key in &keys {
        client.open(key).await;
        for number in 0..40 {
            client.appended(key.id(), &record(number, 2_000)).await;
        }
    }
    let (folder, config, _) = relay.stop().await;
    (folder, config, keys)
}

async fn refused(folder: tempfile::TempDir, config: Config) -> StartError {
    match TestRelay::in_folder(folder, config, HandClock::new()).await {
        Ok(_) => panic!("it started"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn damage_is_found_at_the_start() {
    let (folder, config, _) = filled().await;
    let path = folder.path().join("data/relay.sqlite");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 64].fill(0xff);
    fs::write(&path, bytes).unwrap();
    assert!(matches!(refused(folder, config).await, StartError::Store(OpenError::Damaged(_))));
}

#[tokio::test]
async fn a_file_that_is_no_relay_s_database_is_refused_and_left_alone() {
    let (folder, config, _) = filled().await;
    let path = folder.path().join("data/relay.sqlite");
    fs::write(&path, b"not a database, but somebody's only copy of something").unwrap();
    assert!(matches!(refused(folder, config.clone()).await, StartError::Store(OpenError::Damaged(_))));
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    let path = folder.path().join("data/relay.sqlite");
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE theirs (x); PRAGMA user_version = 3")
        .unwrap();
    assert!(matches!(refused(folder, config).await, StartError::Store(OpenError::Damaged(_))));
}

#[tokio::test]
async fn damage_in_one_box_leaves_the_other_alone() {
    let (folder, mut config, [hurt, well]) = filled().await;
    let path = folder.path().join("data/relay.sqlite");
    let mut bytes = fs::read(&path).unwrap();
    // The page of a record in the middle of the first box: boxes lie together, so it holds none of the other's.
    let needle = record(20, 2_000);
    let at = bytes.windows(needle.len()).position(|window| window == needle).unwrap();
    let page = at / 4096 * 4096;
    bytes[page..page + 8].fill(0xff);
    fs::write(&path, bytes).unwrap();
    config.check_at_start = false;
    let relay = TestRelay::in_folder(folder, config, HandClock::new()).await.unwrap();
    let mut client = relay.client_of(&hurt).await;
    client.open(&well).await;
    let read = client.ask(Request::Read { box_id: hurt.id(), after: Cursor::START, limit: 100 }).await;
    assert_eq!(code(&read), ErrorCode::StoreDamaged);
    assert_eq!(client.read_all(well.id(), Cursor::START).await.len(), 40);
    client.appended(well.id(), &record(1_000, 2_000)).await;
    // A subscription cannot hide it either.
    client.ask(Request::Subscribe { box_id: hurt.id(), after: Cursor::START }).await;
    assert_eq!(client.push().await, Push::Lagged { box_id: hurt.id() });
}

#[tokio::test]
async fn a_newer_folder_is_refused() {
    let (folder, config, _) = filled().await;
    let path = folder.path().join("data/relay.sqlite");
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 2).unwrap();
    let error = refused(folder, config).await;
    assert!(matches!(error, StartError::Store(OpenError::NewerVersion { found: 2 })), "{error:?}");
}

#[tokio::test]
async fn a_damaged_identity_is_refused_and_not_replaced() {
    let (folder, config, _) = filled().await;
    let path = folder.path().join("data/identity.pem");
    fs::write(&path, "-----BEGIN CERTIFICATE-----\nnothing\n").unwrap();
    let error = refused(folder, config).await;
    assert!(matches!(error, StartError::Folder(FolderError::IdentityDamaged(_))), "{error:?}");
}

#[tokio::test]
async fn a_folder_has_one_relay_and_few_readers() {
    let relay = TestRelay::start().await;
    let data = relay.folder.path().join("data");
    let options = amends_relay::Options {
        data: data.clone(),
        listen: "127.0.0.1:0".parse().unwrap(),
        public: None,
        config: Config::default(),
        clock: HandClock::new(),
    };
    let second = amends_relay::Relay::start(options).await;
    assert!(matches!(second, Err(StartError::Folder(FolderError::InUse(_)))));
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    assert_eq!(mode(&data.join("identity.pem")), 0o600);
    let relay = relay.restart().await;
    assert_eq!(relay.client().await.ask(Request::Ping).await, Response::Pong);
}

#[tokio::test]
async fn an_unusable_folder_or_address_is_typed() {
    let relay = TestRelay::start().await;
    let options = |data: &str, listen: &str, public: Option<&str>| amends_relay::Options {
        data: data.into(),
        listen: listen.parse().unwrap(),
        public: public.map(str::to_owned),
        config: Config::default(),
        clock: HandClock::new(),
    };
    let start = async |options| amends_relay::Relay::start(options).await.err().unwrap();
    assert!(matches!(
        start(options("/proc/nowhere", "127.0.0.1:0", None)).await,
        StartError::Folder(FolderError::Io { .. })
    ));
    let other = tempfile::tempdir().unwrap();
    let data = other.path().to_str().unwrap();
    let taken = relay.address.host_port();
    assert!(matches!(start(options(data, &taken, None)).await, StartError::Bind { .. }));
    assert!(matches!(start(options(data, "127.0.0.1:0", Some("no port"))).await, StartError::Public(_)));
    let public = amends_relay::Relay::start(options(data, "[::1]:0", Some("relay.example.org:4433"))).await;
    assert!(public.unwrap().address().to_string().starts_with("amends-relay://relay.example.org:4433/#"));
}

#[tokio::test]
async fn health_and_metrics_are_answered_on_loopback() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let relay = TestRelay::with(|config| config.health = Some("127.0.0.1:0".parse().unwrap())).await;
    let key = BoxKey::new(1);
    relay.client_of(&key).await.appended(key.id(), &record(1, 10)).await;
    let address = relay.health.unwrap();
    let ask = async |request: &[u8]| {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(request).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = String::new();
        // A probe that says too much may be cut off.
        let _cut_off = soon(stream.read_to_string(&mut answer)).await;
        answer
    };
    let health = ask(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(health.starts_with("HTTP/1.0 200 OK\r\n") && health.ends_with("\r\n\r\nok\n"), "{health}");
    let metrics = ask(b"GET /metrics HTTP/1.0\r\n\r\n").await;
    assert!(metrics.contains("\namends_relay_appends_total 1\n"), "{metrics}");
    assert!(ask(b"GET /elsewhere HTTP/1.0\r\n\r\n").await.starts_with("HTTP/1.0 404"));
    assert!(ask(b"POST /health HTTP/1.0\r\n\r\n").await.starts_with("HTTP/1.0 405"));
    assert!(ask(&[0xff; 1000]).await.starts_with("HTTP/1.0 405"));
    assert!(ask(b"").await.starts_with("HTTP/1.0 405"));
}

/// Needs a file system of a few megabytes: `mount -t tmpfs -o size=3m tmpfs DIR`, then `AMENDS_SMALL_DISK=DIR` and
/// `--ignored`.
#[tokio::test]
#[ignore = "needs a small file system"]
async fn a_disk_that_is_really_full_refuses_and_loses_nothing() {
    let disk = std::env::var_os("AMENDS_SMALL_DISK").expect("AMENDS_SMALL_DISK names a small file system");
    let folder = tempfile::tempdir_in(disk).unwrap();
    let relay = TestRelay::in_folder(folder, Config::default(), HandClock::new()).await.unwrap();
    let key = BoxKey::new(1);
    let box_id = key.id();
    let mut client = relay.client_of(&key).await;
    let mut kept = Vec::new();
    let mut refused = 0;
    for number in 0..1_000 {
        match client.append(box_id, &record(number, 5_000)).await {
            Response::Appended { cursor, .. } => kept.push(cursor),
            other => {
                assert_eq!(code(&other), ErrorCode::StoreFull);
                refused += 1;
            }
        }
    }
    assert!(refused > 0 && kept.len() > 50, "{refused} {}", kept.len());
    let cursors = |stored: Vec<StoredRecord>| stored.iter().map(|stored| stored.cursor).collect::<Vec<_>>();
    assert_eq!(cursors(client.read_all(box_id, Cursor::START).await), kept);
    let relay = relay.restart().await;
    let mut client = relay.client_of(&key).await;
    assert_eq!(cursors(client.read_all(box_id, Cursor::START).await), kept);
}
