//! The folder that a demo plays in: removed afterwards unless someone asked to keep it.

use std::hash::{BuildHasher, Hasher};
#[cfg(test)]
use std::path::Path;
use std::path::PathBuf;

use crate::failure::{Context, Failure};

pub(super) struct Scratch {
    folder: PathBuf,
    kept: bool,
}

impl Scratch {
    pub(super) fn new(keep: Option<PathBuf>) -> Result<Self, Failure> {
        let kept = keep.is_some();
        let folder = match keep {
            Some(folder) => std::path::absolute(&folder).context(|| folder.display().to_string())?,
            None => std::env::temp_dir().join(format!("amends-demo-{:016x}", random())),
        };
        std::fs::create_dir_all(&folder).context(|| folder.display().to_string())?;
        let mut entries = std::fs::read_dir(&folder).context(|| folder.display().to_string())?;
        if entries.next().is_some() {
            return Err(Failure::new(format!("{} is not empty", folder.display())));
        }
        Ok(Self { folder, kept })
    }

    /// A folder inside, made if it is not there.
    pub(super) fn folder(&self, name: &str) -> Result<PathBuf, Failure> {
        let folder = self.folder.join(name);
        std::fs::create_dir_all(&folder).context(|| folder.display().to_string())?;
        Ok(folder)
    }

    #[cfg(test)]
    pub(super) fn path(&self) -> &Path {
        &self.folder
    }

    /// What to say at the end of a good run.
    pub(super) fn note(&self) -> String {
        if self.kept { format!(" Everything is in {}.", self.folder.display()) } else { String::new() }
    }

    /// What to say at the end of a bad run.
    pub(super) fn hint(&self) -> String {
        if self.kept {
            format!("; everything is in {}", self.folder.display())
        } else {
            "; run `cargo xtask demo --keep DIR` to look at homes, relay and recording".into()
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.kept {
            // Nothing depends on it; a folder in the temporary folder may stay behind.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// A number that two demos at once do not share. It guards nothing.
pub(super) fn random() -> u64 {
    std::hash::RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scratch_folder_goes_and_a_kept_one_stays() {
        let gone = Scratch::new(None).expect("a temporary folder can be made");
        let path = gone.path().to_owned();
        assert!(gone.folder("inner").expect("it can be made").is_dir());
        drop(gone);
        assert!(!path.exists());

        let kept = Scratch::new(Some(path.clone())).expect("a new folder can be made");
        assert!(kept.hint().contains(&*path.to_string_lossy()));
        kept.folder("inner").expect("it can be made");
        drop(kept);
        assert!(path.join("inner").is_dir());
        let full = Scratch::new(Some(path.clone()));
        assert!(full.is_err_and(|failure| failure.to_string().contains("not empty")));
        std::fs::remove_dir_all(path).expect("it can be removed");
    }
}
