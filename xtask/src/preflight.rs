//! What this machine lacks, named all at once, each with the command that installs it.
//!
//! A requirement is a row: what it is, why it is needed, how to look for it, how to install it, and perhaps how we may
//! install it ourselves. A platform's tools (a JDK, Maven, Swift) join as further rows and a further [`Need`].
//! Nothing here depends on the locale, a terminal, stdin, being root, IPv6 or the history of the repository.

mod machine;
mod probes;

use crate::cargo::Workspace;
use crate::failure::Failure;
use machine::Machine;

/// What a command is about to do; it decides which requirements apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Compile and run the workspace's programs.
    Build,
    /// That, and check the formatting and the lints.
    Test,
    /// All that any command wants.
    Everything,
}

/// How much to say when nothing is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Report {
    /// One line.
    Brief,
    /// A line for each requirement.
    Full,
}

/// One thing that must be there.
struct Requirement {
    name: &'static str,
    why: &'static str,
    /// What was found, or what is wrong.
    probe: fn(&Machine) -> Result<String, String>,
    /// The exact command, or failing that an instruction, that puts it there.
    install: fn(&Machine) -> String,
    /// The command that we may run ourselves, if there is one on this machine.
    repair: fn(&Machine) -> Option<Vec<String>>,
}

const BUILD: &[&Requirement] =
    &[&probes::TOOLCHAIN, &probes::C_COMPILER, &probes::DISK, &probes::TEMPORARY_FOLDER, &probes::LOOPBACK];
const CHECKS: &[&Requirement] = &[&probes::RUSTFMT, &probes::CLIPPY];

impl Need {
    fn requirements(self) -> Vec<&'static Requirement> {
        match self {
            Self::Build => BUILD.to_vec(),
            Self::Test | Self::Everything => [BUILD, CHECKS].concat(),
        }
    }
}

/// Checks all that `need` asks for, repairing what may be repaired. Returns the workspace to go on with, whose
/// toolchain may have changed.
pub(crate) fn check(workspace: &Workspace, need: Need, report: Report) -> Result<Workspace, Failure> {
    let mut machine = Machine::look(workspace)?;
    let mut findings = probe_all(&machine, need);
    if findings.iter().any(|(requirement, finding)| finding.is_err() && (requirement.repair)(&machine).is_some()) {
        // We were started with another toolchain; perhaps the pinned one is there as well.
        machine.use_pinned_toolchain();
        findings = probe_all(&machine, need);
    }
    if repair(&machine, &findings) {
        findings = probe_all(&machine, need);
    }
    if report == Report::Full {
        for (requirement, finding) in &findings {
            let (mark, text) = match finding {
                Ok(found) => ("ok     ", found),
                Err(wrong) => ("MISSING", wrong),
            };
            println!("{mark}  {:<22}  {text}", requirement.name);
        }
    }
    let missing: Vec<String> = findings.iter().filter_map(|row| describe_missing(&machine, row)).collect();
    if !missing.is_empty() {
        let noun = if missing.len() == 1 { "one thing is" } else { "these things are" };
        return Err(Failure::new(format!("{noun} missing on this machine:\n\n{}", missing.join("\n\n"))));
    }
    eprintln!("preflight: nothing is missing ({} things checked)", findings.len());
    Ok(machine.into_workspace())
}

type Finding = (&'static Requirement, Result<String, String>);

fn probe_all(machine: &Machine, need: Need) -> Vec<Finding> {
    need.requirements().into_iter().map(|requirement| (requirement, (requirement.probe)(machine))).collect()
}

/// Runs the repairs, each command once, up to the first that does not work; whether any did.
fn repair(machine: &Machine, findings: &[Finding]) -> bool {
    let mut ran: Vec<Vec<String>> = Vec::new();
    for (requirement, finding) in findings {
        let Some(command) = (requirement.repair)(machine).filter(|_| finding.is_err()) else {
            continue;
        };
        if ran.contains(&command) {
            continue;
        }
        eprintln!("preflight: {} is missing; running: {}", requirement.name, command.join(" "));
        if !machine.run_repair(&command) {
            eprintln!("preflight: that did not work");
            break;
        }
        ran.push(command);
    }
    !ran.is_empty()
}

fn describe_missing(machine: &Machine, (requirement, finding): &Finding) -> Option<String> {
    let wrong = finding.as_ref().err()?;
    let install = (requirement.install)(machine).replace('\n', "\n    ");
    Some(format!("  {}: {wrong}\n    needed: {}\n    {install}", requirement.name, requirement.why))
}

#[cfg(test)]
mod tests {
    use super::machine::Platform;
    use super::*;

    const ABSENT: Requirement = Requirement {
        name: "a teapot",
        why: "to make tea",
        probe: |_| Err("none on the shelf".into()),
        install: |machine| match machine.platform() {
            Platform::Debian => "install it: apt-get install -y teapot".into(),
            _ => "buy one".into(),
        },
        repair: |_| None,
    };

    #[test]
    fn what_is_missing_is_described_with_reason_and_command() {
        let finding = (&ABSENT as &'static Requirement, (ABSENT.probe)(&Machine::planted(Platform::Debian)));
        let text = describe_missing(&Machine::planted(Platform::Debian), &finding).expect("it is missing");
        assert!(text.contains("a teapot: none on the shelf"), "{text}");
        assert!(text.contains("to make tea"), "{text}");
        assert!(text.contains("apt-get install -y teapot"), "{text}");
    }

    #[test]
    fn every_requirement_has_an_install_line_on_every_platform() {
        for platform in [Platform::Debian, Platform::Fedora, Platform::MacOs, Platform::Other] {
            let machine = Machine::planted(platform);
            for requirement in Need::Everything.requirements() {
                assert!(!(requirement.install)(&machine).is_empty(), "{} on {platform:?}", requirement.name);
            }
        }
    }

    #[test]
    fn tests_need_at_least_what_building_needs() {
        let names = |need: Need| need.requirements().iter().map(|row| row.name).collect::<Vec<_>>();
        assert!(names(Need::Build).iter().all(|name| names(Need::Test).contains(name)));
        assert_eq!(names(Need::Test), names(Need::Everything));
    }
}
