//! The commands that work with Hiver: runs, rules, the mirror, the key, webhooks.

use std::path::PathBuf;

use clap::Subcommand;
use triage::model::RunId;

/// What the exit codes of these commands say, for their help.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0    all done
  1    it failed or was refused
  2    bad usage
  3    the run ended with failed, uncertain or cancelled changes
  4    the run is paused, by a person or because Hiver refused the key
  130  interrupted";

#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// List the runs, newest first.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show a run or plan: how it stands, how many changes ended how, and why.
    Show {
        /// Its number.
        id: RunId,
        /// Print JSON, with every change.
        #[arg(long)]
        json: bool,
    },
    /// Start a plan, and wait until the run is over or paused.
    #[command(after_help = EXIT_CODES)]
    Start {
        /// Its number.
        id: RunId,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Let a run go on, and wait until it is over or paused.
    #[command(after_help = EXIT_CODES)]
    Resume {
        /// Its number.
        id: RunId,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Stop a run before its next request.
    Cancel {
        /// Its number.
        id: RunId,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Take a run back: reads how things stand, shows what will be taken back and what not, then sends it.
    #[command(after_help = EXIT_CODES)]
    Undo {
        /// Its number.
        id: RunId,
        /// Only show what would be taken back.
        #[arg(long)]
        preview: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Try again what failed in a run, and wait until it is over or paused.
    #[command(after_help = EXIT_CODES)]
    Retry {
        /// Its number.
        id: RunId,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Save the rules of a document as a new version, which is in force from then on.
    ///
    /// Reads a document as `export` writes it, or the list [{"keyword", "tag", "assignee"}] of Hiver's tutorial. Prints
    /// what differs. Where something cannot be used, it is named with its place, and nothing is changed.
    Import {
        /// The document; `-` is standard input.
        file: PathBuf,
        /// Keep the rules there are: one with the same id takes the place of the former one, others go to the end.
        #[arg(long)]
        add: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write the rules in force as a document.
    Export {
        /// Where to; `-`, as without it, is standard output.
        file: Option<PathBuf>,
        /// Print JSON: the document with the version it is of.
        #[arg(long)]
        json: bool,
    },
    /// Have the rules that run on demand look at the conversations, and wait until their runs are over or paused.
    #[command(after_help = EXIT_CODES)]
    Run {
        /// Only print what they would do; nothing is sent.
        #[arg(long)]
        dry_run: bool,
        /// Look only at the conversations of this mailbox, by id.
        #[arg(long, value_name = "ID")]
        mailbox: Option<String>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Say what is wrong with a document, and what is odd about it; without one, about the rules in force.
    Check {
        /// The document; `-` is standard input.
        file: Option<PathBuf>,
        /// Fail where something is odd, too.
        #[arg(long)]
        strict: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Clone, clap::Args)]
pub(crate) struct SyncCommand {
    /// Read only this mailbox, by id, but all of it.
    #[arg(long, value_name = "ID")]
    pub(crate) mailbox: Option<String>,
    /// Give up at the first trouble instead of waiting until Hiver is well again.
    #[arg(long)]
    pub(crate) once: bool,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Store Hiver's API key, encrypted, once Hiver accepts it. The key is read from standard input.
    Set {
        /// Store it without asking Hiver.
        #[arg(long)]
        unchecked: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Ask Hiver whether it accepts the key in use.
    Check {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Replace the secret key file, and encrypt the stored key with the new one.
    Rotate {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum WebhookCommand {
    /// Print the address to paste into Hiver, its secret included.
    Address {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Make another secret and print the new address; the old one works for another 24 hours.
    Rotate {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}
