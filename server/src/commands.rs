//! What the command line does beside the server.

mod doer;
mod following;
pub(crate) mod key;
pub(crate) mod operator;
mod place;
mod progress;
pub(crate) mod rules;
pub(crate) mod runs;
mod showing;
pub(crate) mod sync;
pub(crate) mod webhook;

use std::io::{IsTerminal, Read, Write};
use std::process::ExitCode;

use crate::{Problem, clock};

/// How a command ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything was done.
    Done,
    /// The run ended with failed, uncertain or cancelled changes.
    NotAllDone,
    /// The run is paused.
    Paused,
    /// It came to its end, and what it says is that something is wrong.
    FoundFault,
}

/// Why a command does not come to its end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It failed or was refused.
    Failed(Problem),
    /// A person interrupted it; how it stands then.
    Interrupted(String),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::FoundFault => 1,
            Exit::NotAllDone => 3,
            Exit::Paused => 4,
        })
    }
}

/// Prints to standard output; a closed one ends the command.
pub(crate) fn print(text: &str) -> Result<(), Problem> {
    writeln!(std::io::stdout(), "{text}").map_err(|error| Problem::because("cannot print", &error))
}

/// A secret from standard input, without the line break at its end; nothing where nobody gives one.
fn secret_from_stdin() -> Result<Option<String>, Problem> {
    let mut input = std::io::stdin();
    if input.is_terminal() {
        return Ok(None);
    }
    let mut text = String::new();
    input
        .by_ref()
        .take(64 * 1024)
        .read_to_string(&mut text)
        .map_err(|error| Problem::because("standard input cannot be read", &error))?;
    let text = text.trim_end_matches(['\r', '\n']).to_owned();
    Ok((!text.is_empty()).then_some(text))
}

/// What is printed when a wish was carried out, for people or for programs.
fn print_message(message: &str, json: bool) -> Result<(), Problem> {
    if json {
        print(&serde_json::json!({ "message": message }).to_string())
    } else {
        print(message)
    }
}

/// The current time, in milliseconds since 1970.
fn now() -> i64 {
    clock::clock().now()
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is the function that `map_err` takes"
)]
fn failed(error: store::Error) -> Problem {
    Problem::because("the database failed", &error)
}
