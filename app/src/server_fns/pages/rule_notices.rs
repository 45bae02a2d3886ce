//! What the console did to rules by itself, until an admin has dismissed it.

use leptos::prelude::*;
use routing::model::{RuleId, RuleSet};
use store::RuleNotice;

use crate::components::marks::Ago;
use crate::server_fns::rules::address;
use crate::server_fns::words::Words;
use crate::view::Role;

/// Draws the notices above a page, which is at `page`. `rules` are those there are; nothing where there are none, or for viewers.
pub(in crate::server_fns) fn draw(
    words: &Words,
    notices: Vec<RuleNotice>,
    role: Role,
    page: &'static str,
    rules: Option<&RuleSet>,
) -> String {
    if notices.is_empty() || role < Role::Lead {
        return String::new();
    }
    let lines: Vec<_> = notices
        .into_iter()
        .map(|notice| {
            let dismiss = (role == Role::Admin).then(|| {
                view! {
                    <form method="post" action="/rule-notices/dismiss">
                        <input type="hidden" name="id" value=notice.id/>
                        <input type="hidden" name="page" value=page/>
                        <button class="button" type="submit">"Dismiss"</button>
                    </form>
                }
            });
            let rule = RuleId::from(notice.rule.as_str());
            let at = rules
                .is_some_and(|rules| rules.rule(&rule).is_some())
                .then(|| address(&rule));
            let moment = words.moment(notice.at);
            view! {
                <li class="message message-warn rule-notice">
                    <p>
                        {notice.text}
                        " "
                        {at.map(|at| view! { <a href=at>"Look at the rule"</a> })}
                        " "
                        <span class="hint"><Ago moment=moment ago=true/></span>
                    </p>
                    {dismiss}
                </li>
            }
        })
        .collect();
    view! { <ul class="rule-notices" aria-label="Rules that were put into shadow">{lines}</ul> }
        .to_html()
}
