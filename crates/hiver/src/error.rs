//! What can go wrong, and what that says about the change that was asked for.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use thiserror::Error;

/// Any error, as a cause.
pub type BoxError = Box<dyn StdError + Send + Sync + 'static>;

/// A call that failed: which one, and how. The message names both; the cause is in `source`.
///
/// No message contains the key: where Hiver repeats it in its text, it is blotted out.
#[derive(Debug)]
pub struct Error {
    operation: String,
    kind: ErrorKind,
}

/// How a call failed. Texts from Hiver are cut to 300 characters and kept on one line.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// 401: Hiver does not accept the key.
    #[error("Hiver does not accept the key ({reason}){}", Said(text))]
    Unauthorized {
        /// What Hiver's text says about why.
        reason: UnauthorizedReason,
        /// Hiver's text.
        text: String,
    },
    /// 403: the key may not do this.
    #[error("the key has no access to this{}", Said(text))]
    Forbidden {
        /// Hiver's text.
        text: String,
    },
    /// 404: no such mailbox, conversation, user or tag.
    #[error("Hiver knows no such thing{}", Said(text))]
    NotFound {
        /// Hiver's text.
        text: String,
    },
    /// 400: Hiver cannot make sense of the request.
    #[error("Hiver refuses the request as wrong{}", Said(text))]
    BadRequest {
        /// Hiver's text.
        text: String,
    },
    /// 429: too many requests. The pacer already holds everybody for `wait`.
    #[error("Hiver asks to slow down, next try in {} s", wait.as_secs_f64().ceil())]
    RateLimited {
        /// How long nobody leaves.
        wait: Duration,
    },
    /// 500 and above.
    #[error("Hiver has trouble of its own (status {status}){}", Said(text))]
    Server {
        /// The status code.
        status: u16,
        /// Hiver's text.
        text: String,
    },
    /// The request provably never left: no address, refused connection, failed TLS handshake, an id
    /// that no address can carry.
    #[error("Hiver could not be reached, nothing was sent")]
    NeverSent {
        /// What was in the way.
        #[source]
        source: BoxError,
    },
    /// No complete answer came back after sending may have begun: timeout, reset, cut; or a write was
    /// answered by something that does not seem to be Hiver.
    #[error("no usable answer came back, it may or may not have happened")]
    OutcomeUnknown {
        /// What happened instead.
        #[source]
        source: BoxError,
    },
    /// The answer says success, but is not what was asked for.
    #[error("the answer cannot be read: {what}{}", Said(excerpt))]
    Unreadable {
        /// What is wrong with it.
        what: String,
        /// How it begins.
        excerpt: String,
    },
    /// A status that the contract does not have.
    #[error("Hiver answered with the unexpected status {status}{}", Said(text))]
    UnexpectedStatus {
        /// The status code.
        status: u16,
        /// Hiver's text.
        text: String,
    },
    /// A list led back to a page that was read before.
    #[error("the list leads back to the page `{cursor}`")]
    RepeatedCursor {
        /// The cursor that came again.
        cursor: String,
    },
    /// The answer is larger than is accepted.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The most bytes that are accepted.
        limit: usize,
    },
    /// Hiver sends us elsewhere. Redirects are not followed, so that the key goes nowhere else.
    #[error(
        "Hiver's address redirects (status {status}) and redirects are not followed: check the address"
    )]
    Redirected {
        /// The status code, 300 to 399.
        status: u16,
    },
}

/// Why a key is not accepted, as far as Hiver's text tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnauthorizedReason {
    /// It is missing, wrong or expired.
    MissingOrWrong,
    /// The text speaks of activation: an administrator has yet to switch it on.
    NotActivated,
}

impl fmt::Display for UnauthorizedReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::MissingOrWrong => "missing, wrong or expired",
            Self::NotActivated => "not activated yet",
        })
    }
}

/// What an error says about the change that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// It was provably not done.
    NotDone,
    /// It may have been done.
    Unknown,
}

impl Error {
    pub(crate) fn new(operation: &str, kind: ErrorKind) -> Self {
        Self {
            operation: operation.to_owned(),
            kind,
        }
    }

    /// What was tried, such as `assign conversation "cnv_1" to user "usr_1"`.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// How it failed.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// What this says about the change that was asked for.
    ///
    /// Not done: every 4xx (429 included), and what never left. Everything else is unknown, even a
    /// redirect or an unreadable answer: it may have been done on the way there.
    #[must_use]
    pub fn certainty(&self) -> Certainty {
        match &self.kind {
            ErrorKind::Unauthorized { .. }
            | ErrorKind::Forbidden { .. }
            | ErrorKind::NotFound { .. }
            | ErrorKind::BadRequest { .. }
            | ErrorKind::RateLimited { .. }
            | ErrorKind::NeverSent { .. } => Certainty::NotDone,
            ErrorKind::UnexpectedStatus { status, .. } if (400..500).contains(status) => {
                Certainty::NotDone
            }
            ErrorKind::UnexpectedStatus { .. }
            | ErrorKind::Server { .. }
            | ErrorKind::OutcomeUnknown { .. }
            | ErrorKind::Unreadable { .. }
            | ErrorKind::RepeatedCursor { .. }
            | ErrorKind::TooLarge { .. }
            | ErrorKind::Redirected { .. } => Certainty::Unknown,
        }
    }

    /// Whether the same call may succeed a little later without anybody doing something: server
    /// errors, timeouts, connection trouble and 429.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(
            self.kind,
            ErrorKind::RateLimited { .. }
                | ErrorKind::Server { .. }
                | ErrorKind::NeverSent { .. }
                | ErrorKind::OutcomeUnknown { .. }
        )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "could not {}: {}", self.operation, self.kind)
    }
}

impl StdError for Error {
    // The kind is part of the message above, so the chain goes on with the kind's own cause.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.kind.source()
    }
}

/// Appends a text from outside, where there is one.
struct Said<'a>(&'a str);

impl fmt::Display for Said<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        write!(formatter, ": {}", self.0)
    }
}

/// A cause that is a sentence.
#[derive(Debug, Error)]
#[error("{0}")]
pub(crate) struct Reason(pub(crate) Cow<'static, str>);

impl Reason {
    pub(crate) fn boxed(text: impl Into<Cow<'static, str>>) -> BoxError {
        Box::new(Self(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: ErrorKind) -> Error {
        Error::new("list mailboxes", kind)
    }

    #[test]
    fn messages_name_the_operation_and_the_chain_goes_on_with_the_cause() {
        let error = error(ErrorKind::NeverSent {
            source: Reason::boxed("connection refused"),
        });
        assert_eq!(
            error.to_string(),
            "could not list mailboxes: Hiver could not be reached, nothing was sent"
        );
        assert_eq!(error.source().unwrap().to_string(), "connection refused");
        assert_eq!(error.certainty(), Certainty::NotDone);
    }

    #[test]
    fn only_what_is_provably_not_done_is_called_so() {
        let text = String::new;
        let unexpected = |status| ErrorKind::UnexpectedStatus {
            status,
            text: text(),
        };
        assert_eq!(error(unexpected(409)).certainty(), Certainty::NotDone);
        assert_eq!(error(unexpected(600)).certainty(), Certainty::Unknown);
        let server = ErrorKind::Server {
            status: 503,
            text: text(),
        };
        assert_eq!(error(server).certainty(), Certainty::Unknown);
        let redirected = ErrorKind::Redirected { status: 302 };
        assert_eq!(error(redirected).certainty(), Certainty::Unknown);
        let limited = ErrorKind::RateLimited {
            wait: Duration::from_millis(4200),
        };
        assert_eq!(
            error(limited).to_string(),
            "could not list mailboxes: Hiver asks to slow down, next try in 5 s"
        );
    }
}
