//! Compiles the catalogue of practices in. What is wrong with a file fails the build, naming file and line.

#[path = "practices/parser/mod.rs"]
mod parser;

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=practices");
    let folder = Path::new("practices");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let family = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        files.push((family, fs::read_to_string(&path)?));
    }
    match parser::compile(&files) {
        Ok(catalogue) => {
            let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("no OUT_DIR"))?;
            fs::write(Path::new(&out).join("catalogue.rs"), catalogue)
        }
        Err(message) => {
            println!("cargo::error={message}");
            Ok(())
        }
    }
}
