//! What follows an answer, a crash or a read.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    actions::{Before, Change, ChangeKind},
    model::Conversation,
};

/// Attempts at one change in one pass; more is a person's choice.
pub const MAX_ATTEMPTS: u32 = 3;

/// For how long after it was first sent a set change may be resent without reading first, in ms.
/// Within it, a colleague's change in between is unlikely; after it, resending could undo their work.
pub const BLIND_RESEND_MS: i64 = 30_000;

const BACKOFF_BASE: Duration = Duration::from_secs(1);
const BACKOFF_CAP: Duration = Duration::from_secs(30);

/// What came back for a request that changes something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Success.
    Accepted,
    /// 429: not processed.
    RateLimited,
    /// 401: the key is missing, wrong, expired or not activated; not processed.
    Unauthorized,
    /// Another 4xx: Hiver read it and said no.
    Refused {
        /// In Hiver's words.
        reason: String,
    },
    /// It provably never left: the connection was refused, or no slot came free.
    NeverSent,
    /// 5xx: it may have been processed.
    ServerError,
    /// A timeout or a reset after sending: it may have been processed.
    Unknown,
}

/// What to do after an [`Answer`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Next {
    /// The change is done.
    Done,
    /// It failed for this pass.
    Failed(FailReason),
    /// It may have been made, and it must not be sent again by itself.
    Uncertain(UncertainReason),
    /// Back to waiting, not before [`backoff`]`(attempt, …)` is over. A set change that may have been
    /// processed asks [`after_restart`] again before it is resent.
    RetryAfter {
        /// The attempts that are used up.
        attempt: u32,
    },
    /// Back to waiting; the pacer holds everything. It was not an attempt.
    HoldAndRetry,
    /// Back to waiting, and the run pauses: every other request would be refused too. It was not an
    /// attempt.
    PauseRun,
}

/// Why a change failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum FailReason {
    /// Hiver refused it, in its words.
    #[error("Hiver refused it: {0}")]
    Refused(String),
    /// Hiver could not be reached; nothing was sent.
    #[error("Hiver could not be reached")]
    NeverSent,
    /// Hiver kept answering with errors of its own.
    #[error("Hiver had an error of its own")]
    ServerError,
    /// No answer came.
    #[error("Hiver did not answer")]
    NoAnswer,
    /// It is neither as before nor as wished: a colleague was there.
    #[error("changed meanwhile")]
    ChangedMeanwhile,
    /// A note tells of what its rule did, and that failed.
    #[error("not sent, because another change of its rule to the conversation failed")]
    OtherFailed,
    /// It was read again, and Hiver did not say how it stands.
    #[error("Hiver does not say how it stands now")]
    CannotTell,
}

/// Why it is not known whether a note was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum UncertainReason {
    /// Hiver answered with an error of its own.
    #[error("Hiver had an error while it took the note")]
    ServerError,
    /// No answer came.
    #[error("Hiver did not answer whether it took the note")]
    NoAnswer,
    /// The console stopped while it was on its way.
    #[error("the console stopped while the note was on its way")]
    Interrupted,
}

/// What `answer` means for a change of `kind`. `attempts` counts the attempts so far in this pass, the
/// answered one included; ones that ended in 429 or 401 are not attempts and are not counted.
#[must_use]
pub fn after_answer(kind: ChangeKind, attempts: u32, answer: &Answer) -> Next {
    let may_retry = attempts < MAX_ATTEMPTS;
    let (uncertain, failed) = match answer {
        Answer::Accepted => return Next::Done,
        Answer::RateLimited => return Next::HoldAndRetry,
        Answer::Unauthorized => return Next::PauseRun,
        Answer::Refused { reason } => return Next::Failed(FailReason::Refused(reason.clone())),
        Answer::NeverSent => (None, FailReason::NeverSent),
        Answer::ServerError => (Some(UncertainReason::ServerError), FailReason::ServerError),
        Answer::Unknown => (Some(UncertainReason::NoAnswer), FailReason::NoAnswer),
    };
    match uncertain {
        Some(reason) if !kind.is_set_operation() => Next::Uncertain(reason),
        _ if may_retry => Next::RetryAfter { attempt: attempts },
        _ => Next::Failed(failed),
    }
}

/// What to do with a change whose outcome is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Restart {
    /// Send it again.
    SendAgain,
    /// Read the conversation, then ask [`after_read`]. The read is priced.
    ReadFirst,
    /// A note: a person decides. See [`UncertainReason::Interrupted`].
    Uncertain,
}

/// What to do with a change that was found as `sending` after a crash, or is about to be resent after
/// an answer that left it possibly done. `sent_ms_ago` is the time since it was first sent; negative
/// when the clock was set back, which says nothing, so the conversation is read.
#[must_use]
pub fn after_restart(kind: ChangeKind, sent_ms_ago: i64) -> Restart {
    if !kind.is_set_operation() {
        Restart::Uncertain
    } else if (0..BLIND_RESEND_MS).contains(&sent_ms_ago) {
        Restart::SendAgain
    } else {
        Restart::ReadFirst
    }
}

/// What a fresh read says about a set change that may have been made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterRead {
    /// It is as wished: done.
    AlreadyDone,
    /// It is as before: send it again.
    SendAgain,
    /// It is neither: failed, [`FailReason::ChangedMeanwhile`].
    ChangedMeanwhile,
    /// The read does not say: failed, [`FailReason::CannotTell`].
    CannotTell,
}

/// Compares a conversation that was just read with what stood before the change and what was `wanted`.
///
/// Where the state before was unknown the wish was to set it whatever it is, so it is sent again. A
/// note is never told from a read; it comes back as [`AfterRead::CannotTell`].
#[must_use]
pub fn after_read(before: &Before, wanted: &Change, now: &Conversation) -> AfterRead {
    if !wanted.is_set_operation() {
        return AfterRead::CannotTell;
    }
    if wanted.is_so(now) == Some(true) {
        return AfterRead::AlreadyDone;
    }
    let (before_is_known, is_as_before) = match (before, wanted.before(now)) {
        (Before::Assignee(before), Before::Assignee(now)) => {
            (before.is_same(before).is_some(), before.is_same(&now))
        }
        (Before::HasTag(before), Before::HasTag(now)) => (before.is_some(), same(before, &now)),
        (Before::Status(before), Before::Status(now)) => (before.is_some(), same(before, &now)),
        // A state before that does not belong to the change tells nothing.
        _ => (false, None),
    };
    match is_as_before {
        Some(true) => AfterRead::SendAgain,
        Some(false) => AfterRead::ChangedMeanwhile,
        None if before_is_known => AfterRead::CannotTell,
        None => AfterRead::SendAgain,
    }
}

fn same<T: PartialEq>(before: &Option<T>, now: &Option<T>) -> Option<bool> {
    Some(before.as_ref()? == now.as_ref()?)
}

/// How long to wait after `attempt` attempts: doubling from 1 s to at most 30 s, of which `jitter`
/// (0.0 to 1.0, drawn by the caller) decides over the second half, so that waiting changes spread out.
#[must_use]
pub fn backoff(attempt: u32, jitter: f64) -> Duration {
    let doublings = attempt.saturating_sub(1).min(16);
    let longest = (BACKOFF_BASE * 2_u32.pow(doublings)).min(BACKOFF_CAP);
    let jitter = if jitter.is_nan() {
        0.0
    } else {
        jitter.clamp(0.0, 1.0)
    };
    longest / 2 + (longest / 2).mul_f64(jitter)
}
