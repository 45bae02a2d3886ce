//! What goes wrong with Hiver, in words for the person at the screen.

use hiver::{Error, ErrorKind, Hiver, HoldReason, UnauthorizedReason};

use crate::status::Trouble;

const SETTINGS_OF_KEY: &str = "An admin can set another key under Settings.";

/// What an error of a read or a check means, and what to do about it.
pub(crate) fn trouble(error: &Error) -> Trouble {
    let (message, remedy, about_key) = match error.kind() {
        ErrorKind::Unauthorized { reason: UnauthorizedReason::NotActivated, .. } => (
            "Hiver knows this key, but it has not been activated yet.".to_owned(),
            "Switch the key on in Hiver under Settings → API, then check again.".to_owned(),
            true,
        ),
        ErrorKind::Unauthorized { .. } => (
            "Hiver does not accept the key (401): it is wrong, expired or was deleted.".to_owned(),
            format!("Make a new one in Hiver under Settings → API. {SETTINGS_OF_KEY}"),
            true,
        ),
        ErrorKind::Forbidden { .. } => (
            "Hiver knows the key, but it may not do this (403).".to_owned(),
            "Use the key of an account with access to the shared mailboxes, on the Pro plan or above.".to_owned(),
            true,
        ),
        ErrorKind::NeverSent { source } => (
            format!("Hiver cannot be reached: {}.", innermost(source.as_ref())),
            "The console tries again by itself; nothing is lost.".to_owned(),
            false,
        ),
        ErrorKind::OutcomeUnknown { source } => (
            format!("Hiver did not answer: {}.", innermost(source.as_ref())),
            "The console tries again by itself; nothing is lost.".to_owned(),
            false,
        ),
        ErrorKind::RateLimited { .. } => (
            "Hiver asks to slow down (429).".to_owned(),
            "The console waits and goes on by itself.".to_owned(),
            false,
        ),
        ErrorKind::Server { status, .. } => (
            format!("Hiver has trouble of its own (status {status})."),
            "The console tries again by itself; nothing is lost.".to_owned(),
            false,
        ),
        ErrorKind::NotFound { .. } => (
            "There is a server at this address, but it does not know Hiver's calls (404).".to_owned(),
            "Check HIVER_BASE_URL: it ends in /api/v1.".to_owned(),
            false,
        ),
        ErrorKind::Unreadable { .. } | ErrorKind::Redirected { .. } | ErrorKind::TooLarge { .. } => (
            "Something answers at this address, but it is not Hiver: the answer cannot be read.".to_owned(),
            "Check HIVER_BASE_URL, and whether a proxy or a sign-in page of your network stands in between."
                .to_owned(),
            false,
        ),
        other => (
            format!("Hiver answered in a way that the console does not understand: {other}."),
            "The console tries again by itself; nothing is lost.".to_owned(),
            false,
        ),
    };
    Trouble {
        message,
        remedy,
        about_key,
    }
}

/// The database cannot be written.
pub(crate) fn storage(error: &store::Error) -> Trouble {
    let words = crate::sync::chain(error).to_lowercase();
    let (what, remedy) = if words.contains("disk is full") || words.contains("no space left") {
        (
            "the disk is full",
            "Make room on the disk of the data folder",
        )
    } else if words.contains("readonly") || words.contains("read-only") {
        (
            "it is read-only",
            "Give the console the right to write into its data folder",
        )
    } else {
        (
            "the disk has an error",
            "Look at the disk of the data folder and at the log",
        )
    };
    Trouble {
        message: format!("The console's database cannot be written: {what}. Nothing is sent."),
        remedy: format!("{remedy}: the console goes on by itself, and nothing is lost."),
        about_key: false,
    }
}

/// Hiver lists no mailbox for this key, though there were some.
pub(crate) fn nothing_to_see() -> Trouble {
    Trouble {
        message: "Hiver accepts the key but shows it no mailbox.".to_owned(),
        remedy: format!(
            "Use the key of an account with access to the shared mailboxes. {SETTINGS_OF_KEY}"
        ),
        about_key: false,
    }
}

/// Some mailboxes may not be read; nothing where all may.
pub(crate) fn closed_to_us(mailboxes: &[String]) -> Option<Trouble> {
    let names = mailboxes
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    (!mailboxes.is_empty()).then(|| Trouble {
        message: format!("Hiver does not let this key read {names} (403)."),
        remedy:
            "The other mailboxes are read. Use the key of an account with access to all of them."
                .to_owned(),
        about_key: false,
    })
}

/// Why a hold is, for the list of holds.
pub(crate) fn hold_reason(reason: HoldReason) -> &'static str {
    match reason {
        HoldReason::AskedToWait => "Hiver asked to wait so long (429 with Retry-After)",
        HoldReason::RefusedWithoutTime => "Hiver asked to slow down without saying how long (429)",
    }
}

/// The hold that is in force, as a trouble to be shown.
pub(crate) fn held(hiver: &Hiver) -> Option<Trouble> {
    let held = hiver.pacer().state().held?;
    let seconds = held.remaining().as_secs_f64();
    if seconds <= 0.0 {
        return None;
    }
    Some(Trouble {
        message: format!(
            "Hiver asked to slow down (429): sending goes on in {}.",
            triage::text::duration(seconds)
        ),
        remedy: "The console waits and goes on by itself.".to_owned(),
        about_key: false,
    })
}

/// The requests of the day that reading may use are used up.
pub(crate) fn no_reading(wait: std::time::Duration) -> Trouble {
    Trouble {
        message: format!(
            "Today's requests for reading are used up: it goes on in {}.",
            triage::text::duration(wait.as_secs_f64())
        ),
        remedy: "HIVER_REQUESTS_PER_DAY sets the limit.".to_owned(),
        about_key: false,
    }
}

/// The day's requests are used up, as a trouble to be shown.
pub(crate) fn day_is_over(wait: std::time::Duration) -> Trouble {
    Trouble {
        message: format!(
            "Today's requests are used up: sending goes on in {}.",
            triage::text::duration(wait.as_secs_f64())
        ),
        remedy: "Runs wait and go on by themselves; the last requests are kept for clicks."
            .to_owned(),
        about_key: false,
    }
}

/// The last cause of a chain, which is the one that says something, e.g. `Connection refused`.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let text = cause.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}
