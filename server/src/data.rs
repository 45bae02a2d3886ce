//! The data folder: its lock, its database, and whether it is the demo's.

mod secret;

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use store::Store;

pub(crate) use self::secret::{Rotation, SecretFile};
use crate::Problem;
use crate::args::Settings;

/// What the demo's simulator keeps its state in; no other folder has it.
pub(crate) const SIMULATOR: &str = "simulator.jsonl";
/// How often a server tries to take the folder: a command that waits for its turn holds it for an instant.
const TRIES: u32 = 10;
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// Whose the folder is.
#[derive(Debug)]
pub(crate) enum Lock {
    /// This process's, as long as the file stays open.
    Ours(File),
    /// Somebody else's, who said this about themselves.
    Theirs(String),
}

/// The folder of a console, and the lock that keeps a second server out of it.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
}

impl DataDir {
    /// The folder, made if it is not there, readable for its owner only.
    pub(crate) fn open(path: &Path) -> Result<Self, Problem> {
        let doing = format!("the data folder `{}` cannot be made", path.display());
        make_private_folder(path).map_err(|error| Problem::because(&doing, &error))?;
        Ok(Self {
            path: path.to_path_buf(),
        })
    }

    /// A file or folder in it.
    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The settings for this folder: the demo keeps to what is in its own, whatever the real console has.
    pub(crate) fn settings(demo: bool, settings: Settings) -> Settings {
        if demo {
            Settings {
                database_url: None,
                secret_key_file: None,
                ..settings
            }
        } else {
            settings
        }
    }

    /// Whether it is the demo's: what is in it must never meet a real Hiver.
    pub(crate) fn is_demo(&self) -> bool {
        self.join(SIMULATOR).exists()
    }

    /// Takes the folder for this process; the lock is held as long as the file stays open.
    pub(crate) async fn lock(&self, holder: &str) -> Result<File, Problem> {
        let mut tries = 1;
        loop {
            match self.try_lock(holder)? {
                Lock::Ours(file) => return Ok(file),
                Lock::Theirs(_) if tries < TRIES => {
                    tries += 1;
                    tokio::time::sleep(BETWEEN_TRIES).await;
                }
                Lock::Theirs(first) => {
                    return Err(format!(
                        "another hiver-console works in `{}`: {first}\n  hint: stop it, or give this one a folder \
                         of its own with CONSOLE_DATA_DIR",
                        self.path.display()
                    )
                    .into());
                }
            }
        }
    }

    /// Takes the folder for this process if nobody else has it.
    pub(crate) fn try_lock(&self, holder: &str) -> Result<Lock, Problem> {
        let path = self.join("lock");
        let cannot = |error: std::io::Error| {
            Problem::because(
                &format!("the lock file `{}` cannot be used", path.display()),
                &error,
            )
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(cannot)?;
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0).map_err(cannot)?;
                file.seek(SeekFrom::Start(0)).map_err(cannot)?;
                file.write_all(format!("{holder}, process {}", std::process::id()).as_bytes())
                    .map_err(cannot)?;
                Ok(Lock::Ours(file))
            }
            Err(std::fs::TryLockError::WouldBlock) => {
                let mut first = String::new();
                // Who holds it is a help, not a need.
                let _ = file.read_to_string(&mut first);
                Ok(Lock::Theirs(first))
            }
            Err(std::fs::TryLockError::Error(error)) => Err(cannot(error)),
        }
    }

    /// The database of this folder, or the one that was named.
    pub(crate) async fn store(&self, settings: &Settings) -> Result<Store, Problem> {
        let own = || format!("sqlite://{}?mode=rwc", self.join("console.db").display());
        let url = settings.database_url.clone().unwrap_or_else(own);
        if !(url.starts_with("sqlite:")
            || url.starts_with("postgres:")
            || url.starts_with("postgresql:"))
        {
            return Err("DATABASE_URL must begin with `sqlite:` or `postgres:`".into());
        }
        Store::open(&url)
            .await
            .map_err(|error| Problem::because("the database cannot be opened", &error))
    }
}

fn make_private_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// A new file that only its owner can read; fails where there is one already.
pub(crate) fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_second_server_on_the_folder_is_told_who_the_first_is() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(&folder.path().join("deep/data")).unwrap();
        let first = data.lock("http://127.0.0.1:3000").await.unwrap();
        let refused = data.lock("http://127.0.0.1:3001").await.unwrap_err();
        let refused = refused.to_string();
        assert!(refused.contains("http://127.0.0.1:3000"), "{refused}");
        assert!(
            refused.contains(&std::process::id().to_string()),
            "{refused}"
        );
        assert!(refused.contains("CONSOLE_DATA_DIR"), "{refused}");
        drop(first);
        data.lock("http://127.0.0.1:3001").await.unwrap();
    }
}
