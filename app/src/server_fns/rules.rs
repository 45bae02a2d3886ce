//! Routing rules: list, editor, versions, import; pages that the server draws. See `rule_editor` for what is edited.

use super::access::{Pasted, SignedIn, extension, internal, refuse, require};
use super::pages::{self, Said, rules::Asked};
use crate::view::Role;
use engine::Engine;
use routing::model::RuleId;

use super::ApiError;

/// The page at `at`, an address below `/rules` with its query: its title and its HTML.
pub(super) async fn rules_page(at: String) -> Result<(String, String), ApiError> {
    let (engine, by) = require(Role::Viewer)?;
    let asked = Asked {
        said: pages::said(),
        pasted: extension::<Pasted>(),
        ..Asked::of(&at)
    };
    draw(&engine, &by, asked).await.map_err(refuse)
}

/// What is to be drawn in answer to a form that scripts have sent.
#[derive(Debug, Default)]
pub struct Answered {
    /// The page.
    pub at: String,
    /// What is to be said.
    pub said: Option<Said>,
    /// The field that gets the focus.
    pub focus: Option<String>,
    /// Whether nobody has typed for a moment, so that what takes longer may be looked for.
    pub idle: bool,
}

/// The page that answers a form.
///
/// # Errors
/// When there is no such page, or the engine fails.
pub async fn answer(
    engine: &Engine,
    by: &SignedIn,
    answered: Answered,
) -> Result<String, ApiError> {
    let asked = Asked {
        said: answered.said,
        focus: answered.focus,
        idle: answered.idle,
        ..Asked::of(&answered.at)
    };
    draw(engine, by, asked).await.map(|(_, html)| html)
}

async fn draw(engine: &Engine, by: &SignedIn, asked: Asked) -> Result<(String, String), ApiError> {
    let path = asked.path.clone();
    match pages::rules::draw(engine, by, asked).await {
        Ok(Some(page)) => Ok(page),
        Ok(None) => {
            let of_leads = ["/rules/import", "/rules/save"].contains(&&*path);
            if let Some(refusal) = by.lacks(Role::Lead).filter(|_| of_leads) {
                return Err(refuse(ApiError::Forbidden(refusal)));
            }
            let what = match path.strip_prefix("/rules/versions/") {
                Some(_) => {
                    "There is no such version. The list of versions shows those that there are."
                }
                None => {
                    "There is no such rule, or not any more. The list shows those that there are."
                }
            };
            Err(ApiError::NotFound(what.to_owned()))
        }
        Err(error) => Err(internal(&error)),
    }
}

/// Words that are no ids in an address: pages have them.
const TAKEN: [&str; 6] = [
    "versions", "import", "save", "export", "backtest", "explain",
];
/// Stands before such an id.
const MARK: &str = "rule:";

/// The page of a rule.
pub(crate) fn address(id: &RuleId) -> String {
    let mark = if TAKEN.contains(&id.as_str()) {
        MARK
    } else {
        ""
    };
    format!("/rules/{mark}{id}")
}

/// The rule whose page this is.
pub(crate) fn rule_of(path: &str) -> Option<RuleId> {
    let id = path.split('?').next()?.strip_prefix("/rules/")?;
    rule_named(id)
}

/// The rule that the last part of an address names.
pub fn rule_named(part: &str) -> Option<RuleId> {
    let id = match part.strip_prefix(MARK) {
        Some(id) => id,
        None if TAKEN.contains(&part) => return None,
        None => part,
    };
    let id = RuleId::from(id);
    id.is_well_formed().then_some(id)
}

/// Text as part of an address.
pub(crate) fn encoded(text: &str) -> String {
    super::words::encode(text)
}
