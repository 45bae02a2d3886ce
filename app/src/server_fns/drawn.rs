//! Every page that the server draws whole. The browser has one reader for all of them: it says at which address it is,
//! and shows what comes.

use leptos::prelude::*;
use server_fn::codec::GetUrl;
#[cfg(feature = "ssr")]
use {
    super::{
        activity, budget, operators, overview, reading, rules, runs, settings_parts, trying,
        webhooks,
    },
    std::collections::HashMap,
};

use super::{ApiError, Json};

/// The page at `path` with the query `query`, a leading `?` or none: its title, a line break, and its HTML. Nothing
/// where the server draws no such page: the browser is on its way to another one then.
#[server(prefix = "/api", endpoint = "page", output = Json, input = GetUrl)]
pub async fn drawn_page(
    path: String,
    #[server(default)] query: String,
) -> Result<String, ApiError> {
    let query = query.trim_start_matches('?');
    // What cannot be read is not asked for.
    let asked: HashMap<String, String> = serde_qs::from_str(query).unwrap_or_default();
    let text = |name: &str| asked.get(name).cloned().unwrap_or_default();
    let number = |name: &str| -> Option<i64> { asked.get(name)?.parse().ok() };
    let page = number("page").and_then(|page| page.try_into().ok());
    let page = page.unwrap_or(1);
    let (title, html) = match &*path {
        "/" => {
            let numbers = asked.contains_key("flow");
            ("Overview", overview::overview_page(numbers).await?)
        }
        "/runs" => ("Runs", runs::runs_page(page).await?),
        "/activity" => {
            let html = activity::activity_page(
                text("author"),
                text("mailbox"),
                text("kind"),
                text("since"),
                text("until"),
                page,
            );
            ("Activity", html.await?)
        }
        "/settings/budget" => ("Budget", budget::budget_page().await?),
        "/settings/operators" => ("Operators", operators::operators_page().await?),
        "/settings/password" => ("Your password", operators::password_page().await?),
        "/settings/reading" => ("Reading", reading::reading_page().await?),
        "/settings/webhooks" => {
            let html = webhooks::webhooks_page(number("delivery"), number("before"));
            ("Webhooks", html.await?)
        }
        "/rules/backtest" => ("Backtest", trying::trying_page(&path, query).await?),
        "/rules/explain" => ("Explain", trying::trying_page(&path, query).await?),
        other => {
            if other == "/rules" || other.starts_with("/rules/") {
                let (title, html) = rules::rules_page(format!("{path}?{query}")).await?;
                // A title is one line, whatever somebody calls a rule.
                return Ok(format!("{}\n{html}", title.replace(['\r', '\n'], " ")));
            } else if let Some(part) = other.strip_prefix("/settings/") {
                settings_parts::settings_part(part).await?
            } else if other.starts_with("/conversations/") && other.ends_with("/rules") {
                ("Explain", trying::trying_page(&path, query).await?)
            } else {
                return Ok(String::new());
            }
        }
    };
    Ok(format!("{title}\n{html}"))
}
