//! The command line and the environment, as clap reads them.

mod work;

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, Parser, Subcommand};
use ipnet::IpNet;
use store::Role;

pub(crate) use self::work::{
    EXIT_CODES, KeyCommand, RulesCommand, RunsCommand, SyncCommand, WebhookCommand,
};

/// What a server logs where nothing is said.
pub(crate) const USUAL_LOG: &str = "info";

/// A self-hosted console with which team leads triage Hiver's shared inboxes in bulk.
#[derive(Debug, Parser)]
#[command(name = "hiver-console", version, about)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// Reads the command line and the environment; what cannot be read ends the process, named.
pub(crate) fn read() -> Args {
    Args::try_parse().unwrap_or_else(|error| {
        // Where nobody listens any more there is nothing else to do.
        let _ = error.print();
        if let Some(variable) = read_from(&error) {
            let _ = writeln!(std::io::stderr(), "  hint: the value is that of {variable}");
        }
        std::process::exit(error.exit_code())
    })
}

/// The variable that a value came from which made no sense; nothing where it stood on the command line.
fn read_from(error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(named)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let option = named.split([' ', '=']).next()?;
    if std::env::args().any(|given| given.split('=').next() == Some(option)) {
        return None;
    }
    let command = Args::command();
    let argument = command
        .get_arguments()
        .find(|argument| option.strip_prefix("--") == argument.get_long())?;
    argument
        .get_env()
        .map(|variable| variable.to_string_lossy().into_owned())
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the server (the default).
    Serve,
    /// Start the server with a simulated Hiver and sample data; nothing leaves this machine.
    Demo {
        /// Work with the real Hiver instead where the environment or the data folder has a key.
        #[arg(long)]
        unless_key: bool,
    },
    /// Say who may sign in.
    #[command(subcommand)]
    Operator(OperatorCommand),
    /// Look at runs, let them go on, stop them, take them back.
    #[command(subcommand, after_help = EXIT_CODES)]
    Runs(RunsCommand),
    /// Read, write, check and run the routing rules.
    #[command(subcommand, after_help = EXIT_CODES)]
    Rules(RulesCommand),
    /// Bring the console's picture of Hiver up to date, and exit.
    #[command(after_help = EXIT_CODES)]
    Sync(SyncCommand),
    /// Set, check or re-encrypt Hiver's API key.
    #[command(subcommand, after_help = EXIT_CODES)]
    Key(KeyCommand),
    /// Show or replace the address that Hiver delivers its events to.
    #[command(subcommand)]
    Webhook(WebhookCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum OperatorCommand {
    /// Add an operator. The password is read from standard input; with nothing there one is made and printed once.
    Add {
        /// The name to sign in with.
        name: String,
        /// viewer looks; lead also plans and runs; admin also manages key, settings and operators.
        #[arg(long)]
        role: Role,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// List the operators.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Remove an operator; their sessions end.
    Remove {
        /// The name they sign in with.
        name: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Give an operator another password, read from standard input or made and printed once; their sessions end.
    Passwd {
        /// The name they sign in with.
        name: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Keep an operator out until they are enabled again; their sessions end.
    Disable {
        /// The name they sign in with.
        name: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Let a disabled operator sign in again.
    Enable {
        /// The name they sign in with.
        name: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Give an operator another role; with less than they had, their sessions end.
    Role {
        /// The name they sign in with.
        name: String,
        /// viewer looks; lead also plans and runs; admin also manages key, settings and operators.
        #[arg(long)]
        role: Role,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Where things are and how fast they may go. Every option is also an environment variable, which a `.env` file in
/// the working folder may set.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Settings {
    /// Hiver's API key; goes before a stored one.
    #[arg(
        long,
        global = true,
        env = "HIVER_API_KEY",
        hide_env_values = true,
        value_name = "KEY"
    )]
    pub(crate) api_key: Option<String>,
    /// Where Hiver's API is; the dialect's own address where nothing is said.
    #[arg(long, global = true, env = "HIVER_BASE_URL", value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// The contract that Hiver speaks there.
    #[arg(
        long,
        global = true,
        env = "HIVER_DIALECT",
        value_name = "NAME",
        default_value = "tutorial"
    )]
    pub(crate) dialect: String,
    /// Requests to Hiver per second.
    #[arg(
        long,
        global = true,
        env = "HIVER_REQUESTS_PER_SECOND",
        value_name = "N"
    )]
    pub(crate) requests_per_second: Option<f64>,
    /// Requests to Hiver in 24 hours; near the limit reading stops first, then runs wait.
    #[arg(long, global = true, env = "HIVER_REQUESTS_PER_DAY", value_name = "N")]
    pub(crate) requests_per_day: Option<u32>,
    /// A conversation's page in Hiver, with `{id}` where its id goes.
    #[arg(
        long,
        global = true,
        env = "HIVER_CONVERSATION_URL",
        value_name = "TEMPLATE"
    )]
    pub(crate) conversation_url: Option<String>,
    /// The address to listen on.
    #[arg(
        long,
        global = true,
        env = "CONSOLE_LISTEN",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:3000"
    )]
    pub(crate) listen: SocketAddr,
    /// The folder for database, secret key and demo.
    #[arg(
        long,
        global = true,
        env = "CONSOLE_DATA_DIR",
        value_name = "FOLDER",
        default_value = "./data"
    )]
    pub(crate) data_dir: PathBuf,
    /// `sqlite:` or `postgres:` address of the database; a file in the data folder where nothing is said.
    #[arg(
        long,
        global = true,
        env = "DATABASE_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub(crate) database_url: Option<String>,
    /// The address that people reach the console at, e.g. `https://triage.example.com`.
    #[arg(long, global = true, env = "CONSOLE_PUBLIC_URL", value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// Reverse proxies whose `X-Forwarded-For` is believed, as networks separated by commas.
    #[arg(
        long,
        global = true,
        env = "CONSOLE_TRUSTED_PROXIES",
        value_name = "CIDRS",
        value_delimiter = ','
    )]
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// The file with the key that stored secrets are sealed with; made in the data folder where nothing is said.
    #[arg(
        long,
        global = true,
        env = "CONSOLE_SECRET_KEY_FILE",
        value_name = "FILE"
    )]
    pub(crate) secret_key_file: Option<PathBuf>,
    /// What to log: `error`, `warn`, `info`, `debug`, or a filter like `info,hiver=debug`.
    #[arg(
        long,
        global = true,
        env = "CONSOLE_LOG",
        value_name = "FILTER",
        default_value = USUAL_LOG
    )]
    pub(crate) log: String,
    /// How to log: `text` or `json`.
    #[arg(
        long,
        global = true,
        env = "CONSOLE_LOG_FORMAT",
        value_name = "FORMAT",
        default_value = "text"
    )]
    pub(crate) log_format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}
