//! Parts of the settings that the server draws, each by the name that it has in the address.

use leptos::prelude::*;
use server_fn::codec::GetUrl;
#[cfg(feature = "ssr")]
use {
    super::access::{refuse, require},
    super::pages,
    super::words::Words,
    crate::view::Role,
};

use super::ApiError;

/// A part as HTML: `people` or `time-zone`.
#[server(prefix = "/api", endpoint = "settings_part", input = GetUrl)]
pub async fn settings_part(part: String) -> Result<String, ApiError> {
    let (engine, operator) = require(Role::Viewer)?;
    match &*part {
        "people" => {
            let may_set = operator.role >= Role::Lead;
            let words = Words::of(&engine);
            Ok(pages::people::draw(
                &words,
                &engine.people(),
                may_set,
                pages::said(),
            ))
        }
        "time-zone" => {
            let may_set = operator.role >= Role::Admin;
            let words = Words::of(&engine);
            Ok(pages::time_zone::draw(&words, may_set, pages::said()))
        }
        other => Err(refuse(ApiError::NotFound(format!(
            "There are no settings called “{other}”."
        )))),
    }
}
