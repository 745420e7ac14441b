//! The benchmark: one table of figures, each beside a floor measured in the same run, and the mark it is held to.

#[path = "../bench/mod.rs"]
mod bench;

fn main() -> std::process::ExitCode {
    bench::main()
}
