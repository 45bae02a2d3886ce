//! `hiver-console`: the server and its command line.

mod args;
mod commands;
mod config;
mod data;
mod passwords;
mod serve;
mod web;

use std::io::Write;
use std::process::ExitCode;

use crate::args::{Args, Command};

fn main() -> ExitCode {
    // A missing `.env` is the usual case; a broken one is named.
    let env_file = match dotenvy::from_path(".env") {
        Err(error) if !error.not_found() => Err(format!("the file `.env` cannot be read: {error}")),
        _ => Ok(()),
    };
    let args = args::read();
    let result = env_file.map_err(Problem::from).and_then(|()| run(args));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            // Standard error may be closed; there is nobody left to tell then.
            let _ = writeln!(std::io::stderr(), "error: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> Result<(), Problem> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // Rendering was seen to hang with a single worker.
        .worker_threads(std::thread::available_parallelism().map_or(4, |cores| cores.get().max(4)))
        .build()
        .map_err(|error| Problem::from(format!("the runtime cannot be started: {error}")))?;
    runtime.block_on(async {
        match args.command.unwrap_or(Command::Serve) {
            Command::Serve => serve::serve(args.settings, serve::Mode::Hiver).await,
            Command::Demo { unless_key } => {
                let mode = if unless_key {
                    serve::Mode::DemoUnlessKey
                } else {
                    serve::Mode::Demo
                };
                serve::serve(args.settings, mode).await
            }
            Command::Operator(command) => commands::operator::run(args.settings, command).await,
        }
    })
}

/// What is told on the command line when something fails: a message, and its causes after colons.
#[derive(Debug)]
pub(crate) struct Problem(String);

impl Problem {
    /// An error with all its causes, behind what was being done.
    pub(crate) fn because(doing: &str, error: &(dyn std::error::Error + 'static)) -> Self {
        let mut text = format!("{doing}: {error}");
        let mut source = error.source();
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            source = cause.source();
        }
        Self(text)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<String> for Problem {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Problem {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}
