//! Who is let in: the key, then the day's limit, then the rate.

use std::time::Duration;

use axum::http::{HeaderMap, header};
use tokio::time::Instant;

use crate::{
    FaultKind, Limit, faults::Target, limiter::retry_after_seconds, reply::Reply, simulator::Core,
};

/// A request that is not let in.
pub(crate) struct Refused {
    pub(crate) reply: Reply,
    /// The limit that it was beyond, if it was.
    pub(crate) limit: Option<Limit>,
    /// What makes the refusal worse than usual.
    pub(crate) fault: Option<FaultKind>,
}

/// The answer to a request without a good key, or too early.
pub(crate) fn refuse(
    core: &mut Core,
    headers: &HeaderMap,
    request: &Target<'_>,
    now: Instant,
) -> Option<Refused> {
    let Some(key) = bearer(headers) else {
        return Some(unauthorized(
            "The API key is missing: send `Authorization: Bearer KEY`.",
        ));
    };
    if key != core.key {
        return Some(unauthorized("The API key is wrong or has expired."));
    }
    if core.key_revoked {
        return Some(unauthorized("The API key was revoked."));
    }
    if !core.key_active {
        return Some(unauthorized("The API key has not been activated yet."));
    }
    let (limit, wait) = admit(core, key, now).err()?;
    let bare = limit == Limit::Day && core.faults.refuse_bare(request);
    Some(Refused {
        reply: Reply::too_many((!bare).then(|| retry_after_seconds(wait))),
        limit: Some(limit),
        fault: bare.then_some(FaultKind::RateLimitedBare),
    })
}

/// What one limit refuses does not count for the other.
fn admit(core: &mut Core, key: &str, now: Instant) -> Result<(), (Limit, Duration)> {
    let day = core.day.check(key, now);
    day.map_err(|wait| (Limit::Day, wait))?;
    let rate = core.limiter.admit(key, now);
    rate.map_err(|wait| (Limit::Rate, wait))?;
    core.day.count(key, now);
    Ok(())
}

fn unauthorized(message: &str) -> Refused {
    Refused {
        reply: Reply::error(401, message),
        limit: None,
        fault: None,
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    let key = key.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !key.is_empty()).then_some(key)
}
