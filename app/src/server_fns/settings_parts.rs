//! Parts of the settings that the server draws, each by the name that it has in the address.

use super::access::{refuse, require};
use super::pages;
use super::words::Words;
use crate::view::Role;

use super::ApiError;

/// A part, `people` or `time-zone`: its title, and HTML.
pub(super) async fn settings_part(part: &str) -> Result<(&'static str, String), ApiError> {
    let (engine, operator) = require(Role::Viewer)?;
    match part {
        "people" => {
            let may_set = operator.role >= Role::Lead;
            let words = Words::of(&engine);
            let html = pages::people::draw(&words, &engine.people(), may_set, pages::said());
            Ok(("People", html))
        }
        "time-zone" => {
            let may_set = operator.role >= Role::Admin;
            let words = Words::of(&engine);
            let html = pages::time_zone::draw(&words, may_set, pages::said());
            Ok(("Time zone", html))
        }
        other => Err(refuse(ApiError::NotFound(format!(
            "There are no settings called “{other}”."
        )))),
    }
}
