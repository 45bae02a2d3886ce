//! What the command line does without a server.

pub(crate) mod operator;

use std::io::{IsTerminal, Read, Write};

use crate::Problem;

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
