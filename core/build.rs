//! Compiles the catalogue of practices in. What is wrong with a file fails the build, naming file and line.

#[path = "practices/parser/mod.rs"]
mod parser;

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=practices");
    let folder = Path::new("practices");
    let mut paths = sorted(folder)?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    let mut files = Vec::new();
    for path in paths {
        files.push((name(&path), fs::read_to_string(&path)?));
    }
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("no OUT_DIR"))?;
    let out = Path::new(&out);
    fs::write(out.join("locales.rs"), locales(&folder.join("locales"))?)?;
    match parser::compile(&files) {
        Ok(catalogue) => fs::write(out.join("catalogue.rs"), catalogue),
        Err(message) => {
            println!("cargo::error={message}");
            Ok(())
        }
    }
}

/// The files of each language, embedded: `(language, [(name, text)])`. They are parsed when a text is first asked for.
fn locales(folder: &Path) -> io::Result<String> {
    let mut out = String::from("pub(super) static LOCALES: &[(&str, &[(&str, &str)])] = &[\n");
    for language in sorted(folder)? {
        out.push_str(&format!("    ({:?}, &[\n", name(&language)));
        for file in sorted(&language)? {
            let path = fs::canonicalize(&file)?;
            out.push_str(&format!("        ({:?}, include_str!({:?})),\n", name(&file), path));
        }
        out.push_str("    ]),\n");
    }
    out.push_str("];\n");
    Ok(out)
}

fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    paths.sort();
    Ok(paths)
}

fn name(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
