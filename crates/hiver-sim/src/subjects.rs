//! What the customers write: the subjects of the conversations, and the labels that sort them.

use std::{fs::File, io::Read, path::PathBuf};

use crate::{
    Error,
    rng::{fingerprint, fingerprint_more},
};

/// "Banking77" by PolyAI, CC BY 4.0: see `data/README.md`.
const BUILTIN: &[u8] = include_bytes!("../data/customer-questions.csv");

/// Where the subjects come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Subjects {
    /// 10,003 questions to an online bank ("Banking77" by PolyAI, CC BY 4.0).
    #[default]
    Builtin,
    /// A CSV file whose first line names the columns: `text`, and perhaps `category`.
    Csv(PathBuf),
    /// These, in this spelling.
    Given(Vec<Subject>),
}

/// One subject and what it is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// The text.
    pub text: String,
    /// The label, such as `card_arrival`; decides the mailbox. May be empty: then the mailbox is drawn.
    pub label: String,
}

impl Subjects {
    /// Reads them all.
    ///
    /// # Errors
    /// [`Error::Subjects`] when the file cannot be read, [`Error::SubjectsColumn`] without a column `text`.
    pub fn read(&self) -> Result<Vec<Subject>, Error> {
        match self {
            Self::Builtin => read_csv(BUILTIN, "built-in"),
            Self::Given(subjects) => Ok(subjects.clone()),
            Self::Csv(path) => {
                let name = path.display().to_string();
                let file = File::open(path).map_err(|source| Error::Subjects {
                    path: name.clone(),
                    source: source.into(),
                })?;
                read_csv(file, &name)
            }
        }
    }
}

/// A short name of all subjects, by which a state file knows its world.
pub(crate) fn subjects_fingerprint(subjects: &[Subject]) -> u64 {
    subjects
        .iter()
        .fold(fingerprint(b"subjects"), |hash, subject| {
            let hash = fingerprint_more(hash, subject.text.as_bytes());
            let hash = fingerprint_more(hash, b"\0");
            let hash = fingerprint_more(hash, subject.label.as_bytes());
            fingerprint_more(hash, b"\n")
        })
}

fn read_csv(input: impl Read, path: &str) -> Result<Vec<Subject>, Error> {
    let failed = |source| Error::Subjects {
        path: path.to_owned(),
        source,
    };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(input);
    let columns = reader.headers().map_err(failed)?;
    let column = |name: &str| columns.iter().position(|column| column.trim() == name);
    let text_column = column("text").ok_or_else(|| Error::SubjectsColumn {
        path: path.to_owned(),
    })?;
    let label_column = column("category");
    let mut subjects = Vec::new();
    for row in reader.records() {
        let row = row.map_err(failed)?;
        let text = row.get(text_column).unwrap_or_default();
        // The subject of a mail is one line.
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            continue;
        }
        let label = label_column.and_then(|column| row.get(column));
        subjects.push(Subject {
            text,
            label: label.unwrap_or_default().trim().to_owned(),
        });
    }
    Ok(subjects)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builtin_subjects_are_single_lines_with_labels() {
        let subjects = Subjects::Builtin.read().unwrap();
        assert_eq!(subjects.len(), 10_003);
        assert!(
            subjects
                .iter()
                .all(|s| !s.text.contains('\n') && !s.label.is_empty())
        );
    }

    #[test]
    fn a_file_without_a_text_column_is_named() {
        let error = read_csv(&b"subject\nHello\n"[..], "mine.csv").unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("`mine.csv` has no column named `text`")
        );
    }

    #[test]
    fn labels_are_optional() {
        let subjects = read_csv(&b"text\nHello there\n"[..], "mine.csv").unwrap();
        assert_eq!(subjects[0].text, "Hello there");
        assert_eq!(subjects[0].label, "");
    }
}
