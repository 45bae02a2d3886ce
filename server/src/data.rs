//! The data folder: its lock, its secret key, its database.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;
use store::{SecretKey, Store};

use crate::Problem;
use crate::args::Settings;

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

    /// Takes the folder for this process; the lock is held as long as the file stays open.
    pub(crate) fn lock(&self, holder: &str) -> Result<File, Problem> {
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
                Ok(file)
            }
            Err(std::fs::TryLockError::WouldBlock) => {
                let mut first = String::new();
                // Who holds it is a help, not a need.
                let _ = file.read_to_string(&mut first);
                Err(format!(
                    "another hiver-console works in `{}`: {first}\n  hint: stop it, or give this one a folder of \
                     its own with CONSOLE_DATA_DIR",
                    self.path.display()
                )
                .into())
            }
            Err(std::fs::TryLockError::Error(error)) => Err(cannot(error)),
        }
    }

    /// The key that stored secrets are sealed with, made the first time.
    pub(crate) fn secret_key(&self, settings: &Settings) -> Result<SecretKey, Problem> {
        let path = settings
            .secret_key_file
            .clone()
            .unwrap_or_else(|| self.join("secret.key"));
        let cannot = |error: &(dyn std::error::Error + 'static)| {
            Problem::because(
                &format!("the secret key `{}` cannot be used", path.display()),
                error,
            )
        };
        match std::fs::read_to_string(&path) {
            Ok(text) => SecretKey::from_hex(&text).map_err(|error| cannot(&error)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let key = SecretKey::generate().map_err(|error| cannot(&error))?;
                let mut file = private_file(&path).map_err(|error| cannot(&error))?;
                file.write_all(key.to_hex().expose_secret().as_bytes())
                    .map_err(|error| cannot(&error))?;
                file.sync_all().map_err(|error| cannot(&error))?;
                Ok(key)
            }
            Err(error) => Err(cannot(&error)),
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

    #[test]
    fn a_second_server_on_the_folder_is_told_who_the_first_is() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(&folder.path().join("deep/data")).unwrap();
        let first = data.lock("http://127.0.0.1:3000").unwrap();
        let refused = data.lock("http://127.0.0.1:3001").unwrap_err().to_string();
        assert!(refused.contains("http://127.0.0.1:3000"), "{refused}");
        assert!(
            refused.contains(&std::process::id().to_string()),
            "{refused}"
        );
        assert!(refused.contains("CONSOLE_DATA_DIR"), "{refused}");
        drop(first);
        data.lock("http://127.0.0.1:3001").unwrap();
    }
}
