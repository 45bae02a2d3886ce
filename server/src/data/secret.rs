//! The file with the secret key that stored keys are sealed with, and its replacement.
//!
//! A replacement is written beside the file first, then the stored keys are sealed with it, then it takes the file's
//! place. Whoever finds both files asks the database which of the two opens the stored keys, and brings what was begun
//! to its end; nothing is thrown away that may open a key. As long as the one that replaces is alive it holds a lock
//! on the new file, and everybody else leaves both as they are.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;
use store::{SecretKey, Store};

use super::{DataDir, private_file};
use crate::Problem;
use crate::args::Settings;

/// The file, and where its replacement is written.
#[derive(Debug)]
pub(crate) struct SecretFile {
    path: PathBuf,
    next: PathBuf,
}

/// A replacement that is on disk and has not taken the file's place. Its lock is held as long as this lives.
#[derive(Debug)]
pub(crate) struct Rotation {
    path: PathBuf,
    next: PathBuf,
    _lock: File,
    pub(crate) key: SecretKey,
    /// Whether another process began it and did not come to the end.
    pub(crate) taken_up: bool,
}

impl SecretFile {
    pub(crate) fn of(data: &DataDir, settings: &Settings) -> Self {
        let path = settings
            .secret_key_file
            .clone()
            .unwrap_or_else(|| data.join("secret.key"));
        let mut next = OsString::from(path.as_os_str());
        next.push(".next");
        Self {
            next: PathBuf::from(next),
            path,
        }
    }

    /// The key that stored keys are sealed with, made the first time. A replacement that was interrupted is brought to
    /// its end. Only for whoever holds the folder's lock: nobody else has the key in memory then.
    pub(crate) async fn settle(&self, store: &Store) -> Result<SecretKey, Problem> {
        let Some(rotation) = self.interrupted()? else {
            return match self.found(store).await? {
                Some(key) => Ok(key),
                None => self.make(),
            };
        };
        let old = read(&self.path)?;
        if store.opens_keys(&rotation.key).await.map_err(failed)? == Some(false) {
            let opens = match &old {
                Some(old) => store.opens_keys(old).await.map_err(failed)?,
                None => Some(false),
            };
            match &old {
                Some(old) if opens == Some(true) => store
                    .reseal_keys(old, &rotation.key)
                    .await
                    .map_err(failed)?,
                _ => return Err(self.neither()),
            }
        }
        // A file that cannot be replaced, because something else looks after it, is no reason not to work.
        let key = rotation.copy()?;
        if let Err(problem) = rotation.finish() {
            tracing::warn!(%problem, "the secret key is read from the new file");
        }
        Ok(key)
    }

    /// The key that stored keys are sealed with, where somebody else holds the folder's lock: nothing is changed.
    pub(crate) async fn in_use(&self, store: &Store) -> Result<SecretKey, Problem> {
        self.found(store).await?.ok_or_else(|| {
            Problem::from(format!(
                "there is no secret key at `{}`\n  hint: give CONSOLE_SECRET_KEY_FILE as the server has it",
                self.path.display()
            ))
        })
    }

    /// The one of both files that opens the stored keys.
    async fn found(&self, store: &Store) -> Result<Option<SecretKey>, Problem> {
        let (old, next) = (read(&self.path)?, read(&self.next).ok().flatten());
        let Some(next) = next else { return Ok(old) };
        let Some(old) = old else {
            return Ok(Some(next));
        };
        let old_opens = store.opens_keys(&old).await.map_err(failed)?;
        let next_opens = store.opens_keys(&next).await.map_err(failed)?;
        Ok(Some(
            if next_opens == Some(true) && old_opens == Some(false) {
                next
            } else {
                old
            },
        ))
    }

    fn make(&self) -> Result<SecretKey, Problem> {
        let cannot = |error: &(dyn std::error::Error + 'static)| cannot_use(&self.path, error);
        let key = SecretKey::generate().map_err(|error| cannot(&error))?;
        let mut file = private_file(&self.path).map_err(|error| cannot(&error))?;
        write(&mut file, &key).map_err(|error| cannot(&error))?;
        Ok(key)
    }

    /// Writes a new key beside the file; one that was begun and not brought to its end is taken up instead, since
    /// somebody may be about to seal with it.
    pub(crate) fn begin_rotation(&self) -> Result<Rotation, Problem> {
        if self.next.exists() {
            return self.interrupted()?.ok_or_else(|| {
                Problem::from(format!(
                    "the secret key `{}` is being replaced by another command",
                    self.path.display()
                ))
            });
        }
        let cannot = |error: &(dyn std::error::Error + 'static)| cannot_use(&self.next, error);
        let key = SecretKey::generate().map_err(|error| cannot(&error))?;
        let mut file = private_file(&self.next).map_err(|error| cannot(&error))?;
        file.lock().map_err(|error| cannot(&error))?;
        write(&mut file, &key).map_err(|error| cannot(&error))?;
        sync_folder(&self.next).map_err(|error| cannot(&error))?;
        if !self.next.exists() {
            // Somebody came between making and locking it, and took it for a useless one.
            return Err(
                "the new secret key was removed by another command\n  hint: try again".into(),
            );
        }
        Ok(Rotation {
            path: self.path.clone(),
            next: self.next.clone(),
            _lock: file,
            key,
            taken_up: false,
        })
    }

    /// A replacement whose process has ended. Nothing where there is none, or where its process is at work.
    fn interrupted(&self) -> Result<Option<Rotation>, Problem> {
        let cannot = |error: &(dyn std::error::Error + 'static)| cannot_use(&self.next, error);
        let file = match OpenOptions::new().read(true).write(true).open(&self.next) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(cannot(&error)),
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Ok(None),
            Err(std::fs::TryLockError::Error(error)) => return Err(cannot(&error)),
        }
        // It may have taken the file's place between opening and locking.
        if !self.next.exists() {
            return Ok(None);
        }
        match read(&self.next) {
            Ok(Some(key)) => Ok(Some(Rotation {
                path: self.path.clone(),
                next: self.next.clone(),
                _lock: file,
                key,
                taken_up: true,
            })),
            // Its process ended while it was writing: no key was ever sealed with it.
            _ => {
                std::fs::remove_file(&self.next).map_err(|error| cannot(&error))?;
                Ok(None)
            }
        }
    }

    fn neither(&self) -> Problem {
        format!(
            "neither `{}` nor `{}` opens the stored key\n  hint: put the secret key of your backup in the place of the \
             first, or delete the second and store the key again with `hiver-console key set`",
            self.path.display(),
            self.next.display()
        )
        .into()
    }
}

impl Rotation {
    /// Puts the new file in the place of the old one.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        let cannot = |error: &(dyn std::error::Error + 'static)| {
            let doing = format!(
                "the secret key `{}` cannot be replaced by `{}`, which opens the stored key from now on",
                self.path.display(),
                self.next.display()
            );
            Problem::because(&doing, error)
        };
        std::fs::rename(&self.next, &self.path).map_err(|error| cannot(&error))?;
        sync_folder(&self.path).map_err(|error| cannot(&error))
    }

    /// Throws the new file away; only where it is sure that nothing was sealed with it.
    pub(crate) fn give_up(self) -> Result<(), Problem> {
        std::fs::remove_file(&self.next).map_err(|error| cannot_use(&self.next, &error))
    }

    fn copy(&self) -> Result<SecretKey, Problem> {
        SecretKey::from_hex(self.key.to_hex().expose_secret())
            .map_err(|error| cannot_use(&self.next, &error))
    }
}

/// The key in a file; nothing where there is no file.
fn read(path: &Path) -> Result<Option<SecretKey>, Problem> {
    match std::fs::read_to_string(path) {
        Ok(text) => SecretKey::from_hex(&text)
            .map(Some)
            .map_err(|error| cannot_use(path, &error)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(cannot_use(path, &error)),
    }
}

fn write(file: &mut File, key: &SecretKey) -> std::io::Result<()> {
    file.write_all(key.to_hex().expose_secret().as_bytes())?;
    file.sync_all()
}

/// Makes sure that a name in a folder survives a power cut.
fn sync_folder(of: &Path) -> std::io::Result<()> {
    let folder = of.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn cannot_use(path: &Path, error: &(dyn std::error::Error + 'static)) -> Problem {
    Problem::because(
        &format!("the secret key `{}` cannot be used", path.display()),
        error,
    )
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is the function that `map_err` takes"
)]
fn failed(error: store::Error) -> Problem {
    Problem::because("the stored keys cannot be read", &error)
}
