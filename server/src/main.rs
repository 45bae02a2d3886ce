//! `hiver-console`: the server and its command line.

mod args;
mod clock;
mod commands;
mod config;
mod data;
mod passwords;
mod serve;
mod signals;
mod web;

use std::io::Write;
use std::process::ExitCode;

use crate::args::{Args, Command};
use crate::commands::Stop;

/// The exit code of what a person interrupted.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    // A missing `.env` is the usual case; a broken one is named.
    let env_file = match dotenvy::from_path(".env") {
        Err(error) if !error.not_found() => Err(format!("the file `.env` cannot be read: {error}")),
        _ => Ok(()),
    };
    let args = args::read();
    let result = env_file
        .map_err(|text| Stop::from(Problem::from(text)))
        .and_then(|()| run(args));
    let (text, code) = match result {
        Ok(code) => return code,
        Err(Stop::Failed(problem)) => (format!("error: {problem}"), ExitCode::FAILURE),
        Err(Stop::Interrupted(text)) => (text, ExitCode::from(INTERRUPTED)),
    };
    // Standard error may be closed; there is nobody left to tell then.
    let _ = writeln!(std::io::stderr(), "{text}");
    code
}

fn run(args: Args) -> Result<ExitCode, Stop> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // Rendering was seen to hang with a single worker.
        .worker_threads(std::thread::available_parallelism().map_or(4, |cores| cores.get().max(4)))
        .build()
        .map_err(|error| Problem::from(format!("the runtime cannot be started: {error}")))?;
    runtime.block_on(async {
        match args.command.unwrap_or(Command::Serve) {
            Command::Serve => {
                serve::serve(args.settings, serve::Mode::Hiver).await?;
                Ok(ExitCode::SUCCESS)
            }
            Command::Demo { unless_key } => {
                let mode = if unless_key {
                    serve::Mode::DemoUnlessKey
                } else {
                    serve::Mode::Demo
                };
                serve::serve(args.settings, mode).await?;
                Ok(ExitCode::SUCCESS)
            }
            Command::Operator(command) => {
                commands::operator::run(args.settings, command).await?;
                Ok(ExitCode::SUCCESS)
            }
            Command::Runs(command) => {
                config::start_logging_if_asked(&args.settings)?;
                Ok(commands::runs::run(args.settings, command).await?.into())
            }
            Command::Rules(command) => {
                config::start_logging_if_asked(&args.settings)?;
                Ok(commands::rules::run(args.settings, command).await?.into())
            }
            Command::Sync(command) => {
                config::start_logging_if_asked(&args.settings)?;
                Ok(commands::sync::run(args.settings, command).await?.into())
            }
            Command::Webhook(command) => {
                config::start_logging_if_asked(&args.settings)?;
                Ok(commands::webhook::run(args.settings, command).await?.into())
            }
            Command::Key(command) => {
                config::start_logging_if_asked(&args.settings)?;
                Ok(commands::key::run(args.settings, command).await?.into())
            }
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
