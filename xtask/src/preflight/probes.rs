//! The requirements themselves.

use std::ffi::OsString;
use std::io::Write;
use std::net::UdpSocket;
use std::time::Duration;

use super::Requirement;
use super::machine::{Machine, Platform};

/// What a first debug and release build together leave room for, in KiB.
const DISK_FRESH_KIB: u64 = 6 * 1024 * 1024;
/// What suffices once the target folder holds a build.
const DISK_BUILT_KIB: u64 = 1024 * 1024;

pub(super) const TOOLCHAIN: Requirement = Requirement {
    name: "Rust toolchain",
    why: "rust-toolchain.toml pins one, so that everyone gets the same compiler, lints and formatting",
    probe: |machine| {
        let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let rustc = exactly(machine.ask(compiler, &["--version"])?, machine.channel())?;
        let cargo = exactly(machine.ask_cargo(&["--version"])?, machine.channel())?;
        Ok(format!("{rustc}, {cargo}"))
    },
    install: |machine| {
        let install = format!("install it: {}", toolchain_command(machine).join(" "));
        if machine.rustup() {
            return format!("{install}\nthen run `cargo xtask` without `+TOOLCHAIN` and without RUSTUP_TOOLCHAIN");
        }
        let rustup = match machine.platform() {
            Platform::Debian => machine.as_root("apt-get install -y rustup"),
            Platform::Fedora => machine.as_root("dnf install -y rustup && rustup-init -y"),
            Platform::MacOs => "brew install rustup && rustup-init -y".into(),
            Platform::Other => "install rustup as https://rustup.rs says".into(),
        };
        format!("install rustup first: {rustup}\n{install}")
    },
    repair: |machine| machine.rustup().then(|| toolchain_command(machine)),
};

pub(super) const RUSTFMT: Requirement = Requirement {
    name: "rustfmt",
    why: "the tests begin with cargo fmt --check",
    probe: |machine| machine.ask_cargo(&["fmt", "--version"]),
    install: |machine| component_line(machine, "rustfmt"),
    repair: |machine| machine.rustup().then(|| component_command(machine, "rustfmt")),
};

pub(super) const CLIPPY: Requirement = Requirement {
    name: "clippy",
    why: "the tests deny every lint",
    probe: |machine| machine.ask_cargo(&["clippy", "--version"]),
    install: |machine| component_line(machine, "clippy"),
    repair: |machine| machine.rustup().then(|| component_command(machine, "clippy")),
};

pub(super) const C_COMPILER: Requirement = Requirement {
    name: "C compiler",
    why: "ring and the bundled SQLite are partly written in C, and Rust links with it",
    probe: c_compiler,
    install: |machine| match machine.platform() {
        Platform::Debian => format!("install it: {}", machine.as_root("apt-get install -y gcc libc6-dev")),
        Platform::Fedora => format!("install it: {}", machine.as_root("dnf install -y gcc glibc-devel")),
        Platform::MacOs => "install it: xcode-select --install".into(),
        Platform::Other => format!(
            "install it on Debian or Ubuntu: {}\non Fedora: {}\non macOS: xcode-select --install",
            machine.as_root("apt-get install -y gcc libc6-dev"),
            machine.as_root("dnf install -y gcc glibc-devel")
        ),
    },
    repair: |_| None,
};

pub(super) const DISK: Requirement = Requirement {
    name: "free disk space",
    why: "debug and release builds with all dependencies",
    probe: |machine| {
        let folder = machine.target_folder()?;
        let needed = if folder.join("release").is_dir() { DISK_BUILT_KIB } else { DISK_FRESH_KIB };
        let report = machine.ask("df", &["-Pk", &folder.to_string_lossy()])?;
        let free = free_kib(&report).ok_or_else(|| format!("df gave no figure for {}", folder.display()))?;
        let figures = format!("{} in {}", in_gib(free), folder.display());
        if free >= needed { Ok(figures) } else { Err(format!("{figures}, at least {} are needed", in_gib(needed))) }
    },
    install: |_| {
        "make room, or build on another disk: export CARGO_TARGET_DIR=/path/with/room\n\
         an old build can go: cargo clean"
            .into()
    },
    repair: |_| None,
};

pub(super) const TEMPORARY_FOLDER: Requirement = Requirement {
    name: "temporary folder",
    why: "tests and the demo keep homes and relays there",
    probe: |_| {
        let folder = std::env::temp_dir();
        let file = folder.join(format!("amends-preflight-{}", std::process::id()));
        let written = std::fs::File::create_new(&file).and_then(|mut open| open.write_all(b"amends"));
        let removed = std::fs::remove_file(&file);
        written.and(removed).map_err(|error| format!("{} cannot be written: {error}", folder.display()))?;
        Ok(folder.display().to_string())
    },
    install: |_| "choose one that can be written: export TMPDIR=/path/that/is/writable".into(),
    repair: |_| None,
};

pub(super) const LOOPBACK: Requirement = Requirement {
    name: "UDP on 127.0.0.1",
    why: "phones reach the relay by QUIC, also in the tests",
    probe: |_| round_trip().map_err(|error| format!("a datagram to ourselves did not arrive: {error}")),
    install: |machine| match machine.platform() {
        Platform::MacOs => format!("bring loopback up: {}", machine.as_root("ifconfig lo0 up")),
        _ => format!(
            "bring loopback up: {}\nin a sandbox or container, allow UDP on 127.0.0.1",
            machine.as_root("ip link set lo up")
        ),
    },
    repair: |_| None,
};

/// `answer` is like `rustc 1.95.0 (59807616e 2026-04-14)`.
fn exactly(answer: String, channel: &str) -> Result<String, String> {
    let mut words = answer.split_whitespace();
    match (words.next(), words.next()) {
        (Some(program), Some(version)) if version == channel => Ok(format!("{program} {version}")),
        _ => Err(format!("found {answer:?}, but {channel} is pinned")),
    }
}

fn toolchain_command(machine: &Machine) -> Vec<String> {
    words(&format!(
        "rustup toolchain install {} --profile minimal --component rustfmt --component clippy",
        machine.channel()
    ))
}

fn component_command(machine: &Machine, component: &str) -> Vec<String> {
    words(&format!("rustup component add {component} --toolchain {}", machine.channel()))
}

fn component_line(machine: &Machine, component: &str) -> String {
    let command = component_command(machine, component).join(" ");
    if machine.rustup() {
        return format!("install it: {command}");
    }
    format!("install it with the package that brought Rust, or with rustup: {command}")
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

/// A compiler counts when it finds the C library's headers; without them ring and SQLite fail much later.
fn c_compiler(machine: &Machine) -> Result<String, String> {
    let named = std::env::var("CC").ok().filter(|name| !name.trim().is_empty());
    let candidates = match &named {
        Some(name) => vec![name.as_str()],
        None => vec!["cc", "gcc", "clang"],
    };
    let mut complaints = Vec::new();
    for candidate in candidates {
        // CC may carry flags: `CC="clang -m64"`.
        let mut parts = candidate.split_whitespace();
        let program = parts.next().unwrap_or("cc");
        let arguments: Vec<OsString> = parts.chain(["-x", "c", "-fsyntax-only", "-"]).map(OsString::from).collect();
        match machine.ask_with_input(program, &arguments, "#include <stdio.h>\n#include <stdlib.h>\n") {
            Ok(_) => return Ok(candidate.to_owned()),
            Err(complaint) => complaints.push(complaint),
        }
    }
    Err(complaints.join("; "))
}

/// The available column of `df -Pk`, whose last line is `device blocks used available capacity% mount`.
fn free_kib(report: &str) -> Option<u64> {
    let words: Vec<&str> = report.lines().last()?.split_whitespace().collect();
    let capacity = words.iter().position(|word| word.ends_with('%'))?;
    words.get(capacity.checked_sub(1)?)?.parse().ok()
}

fn in_gib(kib: u64) -> String {
    let tenths = kib * 10 / (1024 * 1024);
    format!("{}.{} GiB", tenths / 10, tenths % 10)
}

fn round_trip() -> std::io::Result<String> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.set_read_timeout(Some(Duration::from_secs(2)))?;
    socket.send_to(b"amends", socket.local_addr()?)?;
    let mut received = [0; 16];
    let (length, _) = socket.recv_from(&mut received)?;
    Ok(format!("{length} bytes went round"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_pinned_version_will_do() {
        assert_eq!(exactly("rustc 1.95.0 (5 2026)".into(), "1.95.0"), Ok("rustc 1.95.0".into()));
        for other in ["rustc 1.95.1 (5 2026)", "rustc 1.95.0-nightly", "rustc", ""] {
            assert!(exactly(other.into(), "1.95.0").is_err(), "{other}");
        }
    }

    #[test]
    fn free_space_is_read_past_spaces_in_names() {
        let header = "Filesystem 1024-blocks Used Available Capacity Mounted on\n";
        assert_eq!(free_kib(&format!("{header}/dev/vda 264212084 12850204 82651060 14% /")), Some(82_651_060));
        assert_eq!(free_kib(&format!("{header}//nas/my disk 100 40 60 40% /mnt/my disk")), Some(60));
        assert_eq!(free_kib(header), None);
        assert_eq!(in_gib(DISK_FRESH_KIB), "6.0 GiB");
    }

    #[test]
    fn this_machine_can_talk_to_itself() {
        assert!(round_trip().is_ok());
        assert!((TEMPORARY_FOLDER.probe)(&Machine::planted(Platform::Other)).is_ok());
    }

    #[test]
    fn repairs_need_rustup_and_name_the_pinned_toolchain() {
        let machine = Machine::planted(Platform::Debian);
        let command = (TOOLCHAIN.repair)(&machine).expect("rustup is there");
        assert!(command.contains(&"1.0.0".to_owned()), "{command:?}");
        assert!((C_COMPILER.repair)(&machine).is_none());
    }
}
