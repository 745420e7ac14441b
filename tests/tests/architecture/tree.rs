//! What links what: asked of cargo, offline, for the platform the tests run on.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::assert_none;
use crate::repository::root;

/// What the checks want to know of a package.
#[derive(Debug, Default)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) licence: Option<String>,
    /// None for the workspace's own crates.
    pub(crate) source: Option<String>,
    pub(crate) readme: Option<String>,
    pub(crate) folder: PathBuf,
    description: Option<String>,
    rust_version: Option<String>,
    keywords: usize,
}

impl Package {
    fn parse(package: &Value) -> Self {
        let text = |name: &str| package[name].as_str().map(str::to_owned);
        let manifest = PathBuf::from(text("manifest_path").expect("a package has a manifest"));
        Self {
            name: text("name").expect("a package has a name"),
            version: text("version").expect("a package has a version"),
            licence: text("license"),
            source: text("source"),
            readme: text("readme"),
            folder: manifest.parent().expect("a manifest lies in a folder").to_owned(),
            description: text("description"),
            rust_version: text("rust_version"),
            keywords: package["keywords"].as_array().map_or(0, Vec::len),
        }
    }

    /// What a crate of ours must say and this one does not.
    pub(crate) fn lacks(&self) -> Vec<&'static str> {
        let said = [
            ("description", self.description.is_some()),
            ("license", self.licence.is_some()),
            ("rust-version", self.rust_version.is_some()),
            ("keywords", self.keywords > 0),
            ("readme", self.readme.is_some()),
        ];
        said.into_iter().filter(|(_, said)| !said).map(|(name, _)| name).collect()
    }
}

/// Every package that is built on this platform, and the workspace's own.
pub(crate) fn metadata() -> Vec<Package> {
    let host = host();
    let output = cargo(&["metadata", "--format-version", "1", "--filter-platform", &host]);
    let metadata: Value = serde_json::from_str(&output).expect("cargo metadata prints JSON");
    let packages = metadata["packages"].as_array().expect("cargo metadata lists packages");
    let built = metadata["resolve"]["nodes"].as_array().expect("cargo metadata resolves");
    let is_built = |package: &&Value| built.iter().any(|node| node["id"] == package["id"]);
    packages.iter().filter(is_built).map(Package::parse).collect()
}

/// The names of what `arguments` select links, features and all.
fn linked(arguments: &[&str]) -> Vec<String> {
    let shape = ["tree", "--edges", "normal", "--prefix", "none", "--format", "{p}"];
    let output = cargo(&[&shape, arguments].concat());
    output.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// Which of `unwanted` are among `names`.
fn unwanted<'a>(names: &[String], unwanted: &[&'a str]) -> Vec<&'a str> {
    unwanted.iter().copied().filter(|name| names.iter().any(|found| found == name)).collect()
}

fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(root())
        .args(arguments)
        .args(["--locked", "--offline"])
        .output()
        .expect("cargo can be started");
    assert!(output.status.success(), "cargo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo prints UTF-8")
}

fn host() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).current_dir(root()).arg("-vV").output().expect("rustc can be started");
    let text = String::from_utf8(output.stdout).expect("rustc prints UTF-8");
    let host = text.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host");
    host.to_owned()
}

/// `(name, source)` of every package in a lock file, for every platform; no source means a path.
fn locked(lock: &str) -> Vec<(String, Option<String>)> {
    let lock: toml::Table = lock.parse().expect("the lock file is TOML");
    let packages = lock["package"].as_array().expect("the lock file lists packages");
    let text = |package: &toml::Value, key: &str| package.get(key).and_then(|v| v.as_str()).map(str::to_owned);
    packages.iter().map(|package| (text(package, "name").unwrap_or_default(), text(package, "source"))).collect()
}

fn lock_file() -> String {
    std::fs::read_to_string(root().join("Cargo.lock")).expect("the lock file is there")
}

/// Banned crates, as `deny.toml` lists them.
fn banned() -> Vec<String> {
    let text = std::fs::read_to_string(root().join("deny.toml")).expect("deny.toml is there");
    let deny: toml::Table = text.parse().expect("deny.toml is TOML");
    let list = deny["bans"]["deny"].as_array().expect("deny.toml bans crates");
    list.iter().map(|ban| ban["crate"].as_str().expect("a ban names a crate").to_owned()).collect()
}

fn foreign_sources(lock: &str) -> Vec<String> {
    let registry = concat!("registry+https://github.com/rust-lang/crates", ".io-index");
    let foreign = |source: &Option<String>| source.as_ref().is_some_and(|source| source != registry);
    locked(lock).into_iter().filter(|(_, source)| foreign(source)).map(|(name, _)| name).collect()
}

fn banned_in(lock: &str, banned: &[String]) -> Vec<String> {
    locked(lock).into_iter().map(|(name, _)| name).filter(|name| banned.contains(name)).collect()
}

#[test]
fn everything_comes_from_the_one_registry_or_a_path() {
    assert_none("foreign sources", &foreign_sources(&lock_file()));
    let planted = "[[package]]\nname = \"evil\"\nversion = \"1.0.0\"\nsource = \"git+https://example.org/evil\"\n";
    assert_eq!(foreign_sources(planted), ["evil"]);
    let other = "[[package]]\nname = \"other\"\nversion = \"1.0.0\"\nsource = \"registry+https://example.org\"\n";
    assert_eq!(foreign_sources(other), ["other"]);
}

#[test]
fn no_banned_crate_is_locked() {
    let banned = banned();
    assert_none("banned crates", &banned_in(&lock_file(), &banned));
    for name in ["aws-lc-rs", "openssl", "native-tls"] {
        let planted = format!("[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\n");
        assert_eq!(banned_in(&planted, &banned), [name]);
    }
}

#[test]
fn core_without_its_driver_and_store_links_no_runtime_socket_or_database() {
    const DRIVER: &[&str] = &["tokio", "quinn", "quinn-proto", "quinn-udp", "rustls", "rusqlite", "libsqlite3-sys"];
    let bare = linked(&["--package", "amends-core", "--no-default-features"]);
    assert_eq!(unwanted(&bare, DRIVER), Vec::<&str>::new());
    assert!(unwanted(&bare, &["amends-protocol", "automerge", "ring"]).len() == 3, "the tree was read: {bare:?}");
    let whole = linked(&["--package", "amends-core"]);
    assert_eq!(unwanted(&whole, DRIVER), DRIVER, "the same question must find them when they are there");
}

#[test]
fn the_relay_links_nothing_that_could_read_a_record() {
    const READERS: &[&str] = &["amends-core", "automerge", "hpke", "argon2"];
    let relay = linked(&["--package", "amends-relay"]);
    assert_eq!(unwanted(&relay, READERS), Vec::<&str>::new());
    assert_eq!(unwanted(&relay, &["amends-protocol", "quinn"]).len(), 2, "the tree was read: {relay:?}");
    let phone = linked(&["--package", "amends-core"]);
    assert_eq!(unwanted(&phone, READERS), READERS, "the same question must find them when they are there");
}

#[test]
fn a_crate_that_says_nothing_lacks_everything() {
    let silent = Package { name: "silent".into(), ..Package::default() };
    assert_eq!(silent.lacks(), ["description", "license", "rust-version", "keywords", "readme"]);
}
