//! Documents of rules on the command line: where they are read from and written to, and what is wrong with them.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use routing::document::{self, DocumentError, MAX_BYTES};
use routing::model::RuleSet;
use routing::problem;
use serde_json::{Value, json};
use triage::model::Directory;

use crate::Problem;

/// Why a document cannot be used.
pub(super) enum Fault {
    /// It cannot be got at, or it is no document.
    Unreadable(Problem),
    /// It can be read, but not used.
    Problems(Vec<problem::Problem>),
}

impl Fault {
    /// What is told: everything that is wrong, each with its place.
    pub(super) fn into_problem(self, file: &Path, names: &Directory) -> Problem {
        let problems = match self {
            Self::Unreadable(problem) => return problem,
            Self::Problems(problems) => problems,
        };
        let number = triage::text::plural(problems.len() as u64, "problem");
        let mut text = format!("{} cannot be used, for {number}:", name_of(file));
        for problem in &problems {
            text.push_str(&format!("\n  {problem}"));
        }
        if names.users.is_empty() && names.tags.is_empty() {
            text.push_str(
                "\n  hint: no users and tags were read from Hiver yet: `hiver-console sync` reads them",
            );
        }
        text.into()
    }

    /// The same for programs; what could not even be read is an error.
    pub(super) fn values(self) -> Result<Vec<Value>, Problem> {
        match self {
            Self::Unreadable(problem) => Err(problem),
            Self::Problems(problems) => Ok(problems
                .iter()
                .map(|one| json!({ "place": one.path, "problem": one.kind.to_string() }))
                .collect()),
        }
    }
}

/// What a document is called: `standard input`, or the name of its file.
pub(super) fn name_of(file: &Path) -> String {
    if file == Path::new("-") {
        return "standard input".to_owned();
    }
    let name = file.file_name().unwrap_or(file.as_os_str());
    name.to_string_lossy().into_owned()
}

/// Reads a document; `-` is standard input.
pub(super) fn read(file: &Path, names: &Directory) -> Result<RuleSet, Fault> {
    let text = text(file).map_err(Fault::Unreadable)?;
    document::read(&text, names).map_err(|error| match error {
        DocumentError::Problems(problems) => Fault::Problems(problems),
        other => {
            let doing = format!("{} cannot be used", name_of(file));
            Fault::Unreadable(Problem::because(&doing, &other))
        }
    })
}

fn text(file: &Path) -> Result<String, Problem> {
    let cannot = |error: std::io::Error| {
        let name = match name_of(file) {
            input if file == Path::new("-") => input,
            _ => format!("`{}`", file.display()),
        };
        let doing = format!("{name} cannot be read");
        Problem::because(&doing, &error)
    };
    let mut bytes = Vec::new();
    // One byte more than is read at most: a document that is too long is not taken for a part of one.
    let most = MAX_BYTES as u64 + 1;
    if file == Path::new("-") {
        let input = std::io::stdin();
        input.take(most).read_to_end(&mut bytes).map_err(cannot)?;
    } else {
        let opened = File::open(file).map_err(cannot)?;
        opened.take(most).read_to_end(&mut bytes).map_err(cannot)?;
    }
    String::from_utf8(bytes)
        .map_err(|error| Problem::because(&format!("{} is no text", name_of(file)), &error))
}

/// Writes a document to a file.
pub(super) fn written(file: &Path, document: &str) -> Result<(), Problem> {
    std::fs::write(file, document)
        .map_err(|error| Problem::because(&format!("cannot write `{}`", file.display()), &error))
}
