//! The state file: a header that names the world, then one line of JSON per effect.
//!
//! A line is written before the effect is carried out in memory, in one `write`, so a killed process leaves at
//! most one torn line at the end, which is dropped. Nothing is synced to the disk: it survives the end of the
//! process, not the loss of power.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{Error, effect::Effect};

/// What a world is made from; two worlds with the same header and effects are the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) hiver_sim_state: u32,
    pub(crate) seed: u64,
    pub(crate) conversations: usize,
    /// Of all subjects; text, because not every JSON reader keeps 64 bits.
    pub(crate) subjects: String,
    pub(crate) empty_mailbox: bool,
    pub(crate) tutorial_ids: bool,
    /// When the world began, in milliseconds since 1970. All sample times count back from it.
    pub(crate) base_ms: i64,
}

impl Header {
    fn describe(&self) -> String {
        let Self {
            seed,
            conversations,
            subjects,
            empty_mailbox,
            tutorial_ids,
            ..
        } = self;
        let mut text = format!("seed {seed}, {conversations} conversations, subjects {subjects}");
        if *empty_mailbox {
            text.push_str(", an empty mailbox");
        }
        if *tutorial_ids {
            text.push_str(", tutorial ids");
        }
        text
    }

    fn same_world(&self, other: &Self) -> bool {
        let base_ms = self.base_ms;
        self == &Self {
            base_ms,
            ..other.clone()
        }
    }
}

/// An effect and when it happened (milliseconds since 1970).
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) at_ms: i64,
    #[serde(flatten)]
    pub(crate) effect: Effect,
}

/// An open state file, locked against other simulators.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    /// None while released.
    file: Option<File>,
    length: u64,
}

impl Journal {
    /// Opens or makes the file for the world of `wanted`. Returns the header to build by (with the base time of
    /// the file, if there was one) and the effects to replay.
    pub(crate) fn open(path: &Path, wanted: Header) -> Result<(Self, Header, Vec<Entry>), Error> {
        let mut file = open_locked(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)
            .map_err(failed("reading", path))?;
        // Without its line break the last line was torn by the end of the process that wrote it.
        let whole = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |last| last + 1);
        let mut journal = Self {
            path: path.to_owned(),
            file: Some(file),
            length: whole as u64,
        };
        journal.cut_to_length()?;
        let mut lines = bytes[..whole]
            .split_inclusive(|byte| *byte == b'\n')
            .enumerate();
        let Some((_, first)) = lines.next() else {
            journal.write_line(&wanted)?;
            return Ok((journal, wanted, Vec::new()));
        };
        let found: Header = parse(path, 0, first)?;
        if !found.same_world(&wanted) {
            return Err(Error::OtherWorld {
                path: path.to_owned(),
                found: found.describe(),
                wanted: wanted.describe(),
            });
        }
        let entries = lines.map(|(number, line)| parse(path, number, line));
        let entries = entries.collect::<Result<_, _>>()?;
        Ok((journal, found, entries))
    }

    /// Writes one effect.
    pub(crate) fn append(&mut self, entry: &Entry) -> Result<(), Error> {
        self.write_line(entry)
    }

    /// Closes the file, so that another simulator may have it; the next `append` opens it again.
    pub(crate) fn release(&mut self) {
        self.file = None;
    }

    /// Opens the file again if it was released.
    pub(crate) fn acquire(&mut self) -> Result<&mut File, Error> {
        if self.file.is_none() {
            let mut file = open_locked(&self.path)?;
            let end = file
                .seek(SeekFrom::End(0))
                .map_err(failed("opening", &self.path))?;
            if end != self.length {
                let path = self.path.clone();
                return Err(Error::StateChanged { path });
            }
            self.file = Some(file);
        }
        self.file.as_mut().ok_or_else(|| Error::StateInUse {
            path: self.path.clone(),
        })
    }

    fn cut_to_length(&mut self) -> Result<(), Error> {
        let (path, length) = (self.path.clone(), self.length);
        let file = self.acquire()?;
        file.set_len(length)
            .and_then(|()| file.seek(SeekFrom::Start(length)).map(drop))
            .map_err(failed("writing", &path))
    }

    fn write_line(&mut self, line: &impl Serialize) -> Result<(), Error> {
        let path = self.path.clone();
        let mut bytes =
            serde_json::to_vec(line).map_err(|error| failed("writing", &path)(error.into()))?;
        bytes.push(b'\n');
        if let Err(error) = self.acquire()?.write_all(&bytes) {
            // Half a line in the middle would make the whole file unreadable.
            self.cut_to_length()?;
            return Err(failed("writing", &path)(error));
        }
        self.length += bytes.len() as u64;
        Ok(())
    }
}

fn open_locked(path: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    let options = options.read(true).write(true).create(true).truncate(false);
    let file = options.open(path).map_err(failed("opening", path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::StateInUse {
            path: path.to_owned(),
        }),
        Err(TryLockError::Error(error)) => Err(failed("locking", path)(error)),
    }
}

fn parse<T: for<'a> Deserialize<'a>>(path: &Path, number: usize, line: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(line).map_err(|error| Error::StateLine {
        path: path.to_owned(),
        line: number + 1,
        reason: error.to_string(),
    })
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::State {
        doing,
        path,
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Status;

    fn header(seed: u64, base_ms: i64) -> Header {
        Header {
            hiver_sim_state: 1,
            seed,
            conversations: 10,
            subjects: "00".to_owned(),
            empty_mailbox: false,
            tutorial_ids: false,
            base_ms,
        }
    }

    fn entry(at_ms: i64) -> Entry {
        let conversation = format!("cnv_{at_ms}");
        Entry {
            at_ms,
            effect: Effect::Status {
                conversation,
                status: Status::Closed,
            },
        }
    }

    #[test]
    fn what_was_written_comes_back_with_the_first_base_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.jsonl");
        let (mut journal, _, entries) = Journal::open(&path, header(1, 100)).unwrap();
        assert!(entries.is_empty());
        journal.append(&entry(1)).unwrap();
        journal.release();
        journal.append(&entry(2)).unwrap();
        drop(journal);
        let (_, found, entries) = Journal::open(&path, header(1, 999)).unwrap();
        assert_eq!(found.base_ms, 100);
        assert_eq!(entries, [entry(1), entry(2)]);
    }

    #[test]
    fn a_torn_last_line_is_dropped_and_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.jsonl");
        let (mut journal, ..) = Journal::open(&path, header(1, 0)).unwrap();
        journal.append(&entry(1)).unwrap();
        drop(journal);
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(br#"{"at_ms":2,"kind":"sta"#).unwrap();
        drop(file);
        let (mut journal, _, entries) = Journal::open(&path, header(1, 0)).unwrap();
        assert_eq!(entries, [entry(1)]);
        journal.append(&entry(3)).unwrap();
        drop(journal);
        let (_, _, entries) = Journal::open(&path, header(1, 0)).unwrap();
        assert_eq!(entries, [entry(1), entry(3)]);
    }

    #[test]
    fn another_world_a_second_user_and_nonsense_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.jsonl");
        let (journal, ..) = Journal::open(&path, header(1, 0)).unwrap();
        let error = Journal::open(&path, header(1, 0)).unwrap_err();
        assert!(matches!(error, Error::StateInUse { .. }), "{error}");
        drop(journal);
        let error = Journal::open(&path, header(2, 0)).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("it has seed 1, 10 conversations"), "{text}");
        assert!(text.contains("asked for was seed 2"), "{text}");
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"nonsense\n").unwrap();
        drop(file);
        let error = Journal::open(&path, header(1, 0)).unwrap_err();
        assert!(matches!(error, Error::StateLine { line: 2, .. }), "{error}");
    }

    #[test]
    fn a_file_that_another_simulator_changed_is_not_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.jsonl");
        let (mut first, ..) = Journal::open(&path, header(1, 0)).unwrap();
        first.release();
        let (mut second, ..) = Journal::open(&path, header(1, 0)).unwrap();
        second.append(&entry(1)).unwrap();
        drop(second);
        let error = first.append(&entry(2)).unwrap_err();
        assert!(matches!(error, Error::StateChanged { .. }), "{error}");
    }
}
