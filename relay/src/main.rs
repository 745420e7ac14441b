//! The command line of the relay. Exit codes: 0 stopped as asked, 2 usage or configuration, 3 the data folder cannot be
//! used, 4 another relay uses it, 5 it is from a newer version, 6 it is damaged, 7 cannot listen, 70 a bug.
#![forbid(unsafe_code)]

use std::error::Error;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use amends_relay::store::sqlite::OpenError;
use amends_relay::{Config, FolderError, LogLevel, Options, Relay, StartError, SystemClock};
use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

const EXIT_USAGE: u8 = 2;
const EXIT_FOLDER: u8 = 3;
const EXIT_IN_USE: u8 = 4;
const EXIT_NEWER: u8 = 5;
const EXIT_DAMAGED: u8 = 6;
const EXIT_LISTEN: u8 = 7;
const EXIT_BUG: u8 = 70;

const EXIT_CODES: &str = "Exit codes: 0 stopped as asked, 2 usage or configuration, 3 the data folder cannot be used, \
4 another relay uses it, 5 it is from a newer version, 6 it is damaged, 7 cannot listen, 70 a bug.";

/// Keeps sealed records for phones until both have them; reads nothing.
#[derive(Parser)]
#[command(version, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs a relay until SIGINT or SIGTERM. Prints `relay ready: amends-relay://…` when it accepts.
    #[command(after_help = EXIT_CODES)]
    Serve(Serve),
}

#[derive(clap::Args)]
struct Serve {
    /// The data folder; made on the first start.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The UDP address to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDR")]
    listen: SocketAddr,
    /// How phones reach it, if not at that address.
    #[arg(long, value_name = "HOST:PORT")]
    public: Option<String>,
    /// A TOML file with limits, lifetimes and the health listener.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Prints events on stdout and logs on stderr as one JSON object per line.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let Command::Serve(arguments) = Cli::parse().command;
    let config = match &arguments.config {
        Some(path) => match Config::read(path) {
            Ok(config) => config,
            Err(error) => return fail(arguments.json, "configuration", &error, EXIT_USAGE),
        },
        None => Config::default(),
    };
    start_logging(config.log, arguments.json);
    let mut runtime = match config.threads {
        1 => tokio::runtime::Builder::new_current_thread(),
        threads => {
            let mut builder = tokio::runtime::Builder::new_multi_thread();
            builder.worker_threads(threads);
            builder
        }
    };
    match runtime.enable_all().build() {
        Ok(runtime) => runtime.block_on(run(arguments, config)),
        Err(error) => fail(arguments.json, "runtime", &error, EXIT_BUG),
    }
}

async fn run(arguments: Serve, config: Config) -> ExitCode {
    let Serve { data, listen, public, json, .. } = arguments;
    let (mut interrupt, mut terminate) = match (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) {
        (Ok(interrupt), Ok(terminate)) => (interrupt, terminate),
        (Err(error), _) | (_, Err(error)) => return fail(json, "signals", &error, EXIT_BUG),
    };
    let options = Options { data, listen, public, config, clock: Arc::new(SystemClock::new()) };
    let relay = match Relay::start(options).await {
        Ok(relay) => relay,
        Err(error) => {
            let (code, exit) = classify(&error);
            return fail(json, code, &error, exit);
        }
    };
    let address = relay.address().to_string();
    let line = if json {
        serde_json::json!({"event": "ready", "relay": address}).to_string()
    } else {
        format!("relay ready: {address}")
    };
    if writeln!(std::io::stdout(), "{line}").and_then(|()| std::io::stdout().flush()).is_err() {
        // Nobody reads what we print; phones may still know the address.
        tracing::warn!("the ready line could not be printed");
    }
    relay
        .serve(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
        .await;
    ExitCode::SUCCESS
}

/// An error's stable code and the exit code it leads to.
fn classify(error: &StartError) -> (&'static str, u8) {
    match error {
        StartError::Folder(FolderError::InUse(_)) => ("folder_in_use", EXIT_IN_USE),
        StartError::Folder(FolderError::IdentityDamaged(_)) => ("folder_damaged", EXIT_DAMAGED),
        StartError::Store(OpenError::NewerVersion { .. }) => ("newer_version", EXIT_NEWER),
        StartError::Store(OpenError::Damaged(_)) => ("folder_damaged", EXIT_DAMAGED),
        StartError::Store(OpenError::DiskFull) => ("disk_full", EXIT_FOLDER),
        StartError::Folder(_) | StartError::Store(_) => ("folder_unusable", EXIT_FOLDER),
        StartError::Public(_) => ("usage", EXIT_USAGE),
        StartError::Bind { .. } => ("cannot_listen", EXIT_LISTEN),
        _ => ("internal", EXIT_BUG),
    }
}

/// Says why on stderr: an error and its causes in one line.
fn fail(json: bool, code: &str, error: &dyn Error, exit: u8) -> ExitCode {
    let mut detail = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !detail.contains(&text) {
            detail = format!("{detail}: {text}");
        }
        cause = inner.source();
    }
    let line = if json {
        serde_json::json!({"error": {"code": code, "detail": detail}}).to_string()
    } else {
        format!("amends-relay: {detail} ({code})")
    };
    // If stderr is gone too, the exit code still tells.
    let _nobody_listens = writeln!(std::io::stderr(), "{line}");
    ExitCode::from(exit)
}

/// Logs of this program only: QUIC's own would name addresses.
fn start_logging(level: LogLevel, json: bool) {
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    };
    let ours = Targets::new().with_target("amends_relay", level);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(ours);
    // Fails only if a logger is set already, and none is.
    let _only_one = if json { registry.with(lines.json()).try_init() } else { registry.with(lines).try_init() };
}
