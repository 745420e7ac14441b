//! The real binary: its ready line, its exit codes, its good-bye, and kill -9 at any moment.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use amends_protocol::*;
use rustix::process::{Pid, Signal, kill_process};

use crate::common::*;

/// The binary, killed if the test forgets it.
struct Process {
    child: Child,
    _stdout: BufReader<ChildStdout>,
    address: RelayAddress,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _dead_already = self.child.kill();
        let _reaped_already = self.child.wait();
    }
}

fn command(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_amends-relay"));
    command.arg("serve").arg("--data").arg(data).args(["--listen", "127.0.0.1:0"]).args(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn start(data: &Path) -> Process {
    let mut child = command(data, &[]).stderr(Stdio::null()).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    let address = line.trim_end().strip_prefix("relay ready: ").unwrap_or_else(|| panic!("{line:?}"));
    Process { address: address.parse().unwrap(), child, _stdout: stdout }
}

/// Runs until it ends by itself.
fn ended(data: &Path, arguments: &[&str]) -> Output {
    command(data, arguments).output().unwrap()
}

/// Numbers that look random and are the same each time (a linear congruential generator).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

#[tokio::test]
async fn whatever_was_acknowledged_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let keys = [BoxKey::new(1), BoxKey::new(2), BoxKey::new(3)];
    let mut dice = Dice(42);
    let mut acknowledged: Vec<Vec<(Cursor, Vec<u8>)>> = vec![Vec::new(); keys.len()];
    let mut chunks: Vec<ChunkHash> = Vec::new();
    let mut pin = None;
    for round in 0..8u32 {
        let mut process = start(&data);
        assert_eq!(*pin.get_or_insert(process.address.pin), process.address.pin);
        let mut client = Client::connect(&process.address).await.unwrap();
        for key in &keys {
            client.open(key).await;
        }
        for (key, expected) in keys.iter().zip(&acknowledged) {
            let stored = client.read_all(key.id(), Cursor::START).await;
            for (cursor, record) in expected {
                let kept = stored.iter().any(|stored| stored.cursor == *cursor && stored.record == *record);
                assert!(kept, "an acknowledged record is gone after round {round}");
            }
            assert!(stored.windows(2).all(|pair| pair[0].cursor < pair[1].cursor));
        }
        for hash in &chunks {
            let got = client.ask(Request::GetChunk { box_id: keys[0].id(), hash: *hash }).await;
            assert!(matches!(got, Response::Chunk { .. }), "an acknowledged chunk is gone after round {round}");
        }
        // Many requests are under way; some are answered, then the relay dies.
        let mut sent = std::collections::HashMap::new();
        let count = 40 + dice.below(60);
        let answered = dice.below(count);
        for number in 0..count {
            let at = dice.below(keys.len() as u64) as usize;
            let bytes = record(round * 1_000 + number as u32, 5 + dice.below(3_000) as usize);
            let box_id = keys[at].id();
            let request = if number % 7 == 0 {
                Request::PutChunk { box_id: keys[0].id(), chunk: bytes.clone() }
            } else {
                Request::Append { box_id, record: bytes.clone() }
            };
            sent.insert(client.say(request).await, (at, bytes));
        }
        for _ in 0..answered {
            match client.receive().await.unwrap() {
                FromRelay::Response(id, Response::Appended { cursor, duplicate: false }) => {
                    let (at, bytes) = sent.remove(&id).unwrap();
                    acknowledged[at].push((cursor, bytes));
                }
                FromRelay::Response(_, Response::ChunkStored { hash }) => chunks.push(hash),
                other => panic!("{other:?}"),
            }
        }
        process.child.kill().unwrap();
        process.child.wait().unwrap();
    }
    assert!(acknowledged.iter().map(Vec::len).sum::<usize>() > 50, "the test tested something");
}

#[tokio::test]
async fn sigterm_answers_says_good_bye_and_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut process = start(&data);
    let key = BoxKey::new(1);
    let box_id = key.id();
    let mut client = Client::connect(&process.address).await.unwrap();
    client.open(&key).await;
    let mut idle = Client::connect(&process.address).await.unwrap();
    idle.ask(Request::Ping).await;
    for number in 0..50 {
        client.say(Request::Append { box_id, record: record(number, 1_000) }).await;
    }
    // One answer has come, so the rest is under way.
    client.receive().await.unwrap();
    kill_process(Pid::from_child(&process.child), Signal::TERM).unwrap();
    let (messages, closed_with) = client.closing().await;
    assert!(messages.contains(&FromRelay::Push(Push::GoingAway)));
    assert_eq!(closed_with, Some(ErrorCode::ShuttingDown.number()));
    let acknowledged = 1 + messages
        .iter()
        .filter(|message| matches!(message, FromRelay::Response(_, Response::Appended { .. })))
        .count();
    assert_eq!(idle.closing().await, (vec![FromRelay::Push(Push::GoingAway)], closed_with));
    assert_eq!(process.child.wait().unwrap().code(), Some(0));
    assert!(!data.join("relay.sqlite-wal").exists(), "the database is one file again");
    let process = start(&data);
    let mut client = Client::connect(&process.address).await.unwrap();
    client.open(&key).await;
    assert!(client.read_all(box_id, Cursor::START).await.len() >= acknowledged);
}

#[test]
fn exit_codes_tell_why() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let process = start(&data);
    let text = |output: &Output| String::from_utf8(output.stderr.clone()).unwrap();
    let second = ended(&data, &["--json"]);
    assert_eq!(second.status.code(), Some(4));
    assert!(text(&second).contains(r#"{"error":{"code":"folder_in_use""#), "{}", text(&second));
    assert!(second.stdout.is_empty());
    drop(process);

    let config = folder.path().join("relay.toml");
    std::fs::write(&config, "helth = 1").unwrap();
    let misspelt = ended(&data, &["--config", config.to_str().unwrap()]);
    assert_eq!(misspelt.status.code(), Some(2));
    assert!(text(&misspelt).contains("helth"), "{}", text(&misspelt));
    assert_eq!(ended(&data, &["--nonsense"]).status.code(), Some(2));
    assert_eq!(ended(&data, &["--public", "nowhere"]).status.code(), Some(2));
    assert_eq!(ended(Path::new("/proc/nowhere"), &[]).status.code(), Some(3));

    let database = rusqlite::Connection::open(data.join("relay.sqlite")).unwrap();
    database.pragma_update(None, "user_version", 99).unwrap();
    drop(database);
    let newer = ended(&data, &["--json"]);
    assert_eq!(newer.status.code(), Some(5));
    assert!(text(&newer).contains(r#""code":"newer_version""#), "{}", text(&newer));
    std::fs::write(data.join("relay.sqlite"), [0x55; 10_000]).unwrap();
    assert_eq!(ended(&data, &[]).status.code(), Some(6));
}

#[test]
fn json_says_ready_in_one_line_and_logs_name_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut child = command(&data, &["--json", "--public", "relay.example.org:4433"]).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(ready["event"], "ready");
    let address: RelayAddress = ready["relay"].as_str().unwrap().parse().unwrap();
    assert_eq!(address.host_port(), "relay.example.org:4433");
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let mut logs = String::new();
    child.stderr.take().unwrap().read_to_string(&mut logs).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    for line in logs.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
    assert!(!logs.contains("127.0.0.1"), "{logs}");
}
