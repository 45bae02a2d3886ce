//! What can go wrong outside of a request.

use std::{io, net::SocketAddr, path::PathBuf};

use thiserror::Error;

/// Why the simulator could not be built, changed or served.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The file of subjects could not be read.
    #[error("reading the subjects of `{path}`")]
    Subjects {
        /// The file, or `built-in`.
        path: String,
        /// What the CSV reader said.
        #[source]
        source: csv::Error,
    },
    /// The file of subjects has no column `text`.
    #[error(
        "`{path}` has no column named `text`\nhint: the first line must name the columns, such as `text,category`"
    )]
    SubjectsColumn {
        /// The file.
        path: String,
    },
    /// The state file could not be read or written.
    #[error("{doing} the state file `{}`", path.display())]
    State {
        /// What was being done, such as `opening`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The state file is held by another simulator.
    #[error("the state file `{}` is used by another simulator", path.display())]
    StateInUse {
        /// The file.
        path: PathBuf,
    },
    /// The state file was changed by someone else while this simulator did not hold it.
    #[error("the state file `{}` was changed by another simulator meanwhile", path.display())]
    StateChanged {
        /// The file.
        path: PathBuf,
    },
    /// The state file was written for another sample world.
    #[error("the state file `{}` belongs to another world: it has {found}, asked for was {wanted}\nhint: name another file, or remove this one to start afresh", path.display())]
    OtherWorld {
        /// The file.
        path: PathBuf,
        /// The world of the file.
        found: String,
        /// The world of the options.
        wanted: String,
    },
    /// A line of the state file makes no sense.
    #[error("line {line} of the state file `{}` cannot be replayed: {reason}", path.display())]
    StateLine {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no fault of this name.
    #[error(
        "there is no fault `{0}`\nhint: one of 429, 429-bare, 500-before, 500-after, cut, cut-before, html, broken-row, truncated, slow, other-id"
    )]
    UnknownFault(String),
    /// A probability is not in `0..=1`, or all together exceed 1.
    #[error("the probability of `{what}` is {probability}, which is not between 0 and 1")]
    Probability {
        /// The fault, or `all faults together`.
        what: String,
        /// The number given.
        probability: f64,
    },
    /// A value is out of its range.
    #[error("`{what}` cannot be {value}")]
    Value {
        /// The name of the option.
        what: &'static str,
        /// What was given.
        value: String,
    },
    /// No object has this id or name.
    #[error("there is no {kind} `{id}`")]
    Unknown {
        /// `mailbox`, `user`, `tag` or `conversation`.
        kind: &'static str,
        /// The id or name asked for.
        id: String,
    },
    /// The address is taken or not ours.
    #[error("listening on `{address}`")]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Serving ended by itself.
    #[error("serving")]
    Serve(#[source] io::Error),
    /// The task that served ended in a panic.
    #[error("the server's task failed")]
    Task(#[source] tokio::task::JoinError),
}
