//! Rules that are tried or explained; pages that the server draws. Their forms are plain ones: those that begin
//! something are handled in `web/trying_forms.rs`.

use super::access::{SignedIn, internal, refuse, require};
use super::pages::{self, backtest, explain};
use super::words::Words;
use crate::rule_editor::Work;
use crate::view::Role;
use engine::{Engine, RuleSource};
use leptos_router::location::Url;
use routing::model::RuleId;
use routing::moment::Occasion;
use serde::Deserialize;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;
use store::Author;
use triage::model::{ConversationId, RunId};
use triage::outcome::Outcome;

use super::ApiError;

/// Versions that can be chosen.
const VERSIONS: u64 = 30;
/// What rules did to a conversation that is told.
const ACTS: u64 = 50;
/// Conversations that are offered where words were typed in place of an id.
const OFFERED: usize = 20;

/// The page at `path` as HTML: a backtest, or an explanation. `query` is what stands behind it in the address.
pub(super) async fn trying_page(path: &str, query: &str) -> Result<String, ApiError> {
    let (engine, who) = require(Role::Viewer)?;
    let asked: Asked = serde_qs::from_str(query).unwrap_or_default();
    match path {
        "/rules/backtest" => backtest_page(&engine, &who, &asked).await,
        "/rules/explain" => explain_page(&engine, &who, &asked).await,
        path => {
            let id = path
                .strip_prefix("/conversations/")
                .and_then(|rest| rest.strip_suffix("/rules"));
            match id {
                Some(id) => {
                    let id = ConversationId::from(Url::unescape(id));
                    conversation_page(&engine, &who, &id, &asked).await
                }
                // The address of the page that comes next: this one is about to go.
                None => Ok(String::new()),
            }
        }
    }
}

/// What the address asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// `draft`, `live`, or the number of a version.
    rules: String,
    /// A filter.
    q: String,
    as_new: String,
    id: String,
    show: String,
    rule: String,
    page: String,
    on: String,
    /// A run, and the place of one of its changes in it.
    run: String,
    change: String,
    /// An id, or words of a subject.
    conversation: String,
}

/// The rules that can be chosen, and which is.
/// What a lead is writing, where it differs from what it began from.
async fn unsaved(engine: &Engine, who: &SignedIn) -> Result<Option<engine::Draft>, store::Error> {
    let work = Work::of(engine, Some(&who.name)).await?;
    if !work.is_some_and(|work| work.is_changed()) {
        return Ok(None);
    }
    engine.rule_draft(&who.name).await
}

async fn choices(
    engine: &Engine,
    who: &SignedIn,
    asked: &str,
) -> Result<pages::trying::Choices, ApiError> {
    let live = engine.rules().await.map_err(|error| internal(&error))?;
    let versions = engine.rule_versions(None, VERSIONS).await;
    let draft = match who.role >= Role::Lead {
        true => unsaved(engine, who)
            .await
            .map_err(|error| internal(&error))?,
        false => None,
    };
    let live = live.map_or(0, |live| live.number());
    let chosen = pages::trying::source(asked, live)
        .filter(|source| *source != RuleSource::Draft || draft.is_some())
        .or(draft.is_some().then_some(RuleSource::Draft))
        .unwrap_or(RuleSource::Version(live));
    Ok(pages::trying::Choices {
        live,
        draft: draft.map(|draft| (draft.base, draft.changed_at)),
        versions: versions.map_err(|error| internal(&error))?,
        chosen,
    })
}

async fn backtest_page(engine: &Engine, who: &SignedIn, asked: &Asked) -> Result<String, ApiError> {
    let may = who.role >= Role::Lead;
    let words = Words::of(engine);
    let said = pages::said();
    let choices = choices(engine, who, &asked.rules).await?;
    let kept = match asked.id.parse() {
        Ok(id) => engine.backtest(&who.name, id),
        Err(_) => None,
    };
    let filter = kept.as_ref().map_or(&asked.q, |kept| &kept.filter).clone();
    // A result says itself what was looked at, and is drawn again and again.
    let matching = if kept.is_some() {
        Ok(None)
    } else {
        let history = engine
            .history_answers(&filter)
            .await
            .map_err(|error| internal(&error))?;
        let (mirror, now) = (engine.mirror(), engine.now());
        let listed = mirror.list_with(&filter, &history, engine::Sort::default(), 0, 0, now);
        listed.map(|listed| Some(listed.matching))
    };
    let status = engine.status().await.map_err(|error| internal(&error))?;
    let directory = engine.mirror().read().directory.clone();
    let subject = |id: &ConversationId| engine.mirror().conversation(id);
    let found = backtest::Found {
        choices,
        filter,
        matching,
        as_if_new: kept
            .as_ref()
            .map_or(asked.as_new == "1", |kept| kept.as_if_new),
        gone: match asked.id.parse() {
            _ if kept.is_some() || asked.id.is_empty() => None,
            Ok(id) if engine.backtest_is_of_another(&who.name, id) => Some(backtest::Gone::Others),
            _ => Some(backtest::Gone::Over),
        },
        kept,
        earlier: engine.backtests(&who.name),
        price: Box::new({
            let (rate, per_day) = (
                engine.allowed_per_second(),
                engine.config().requests_per_day,
            );
            move |requests| triage::plan::price(requests, rate, per_day, status.requests_today)
        }),
        directory,
        conversation: &subject,
        show: &asked.show,
        rule: &asked.rule,
        page: asked.page.parse().unwrap_or(1),
        may,
    };
    Ok(backtest::draw(&words, &found, said))
}

async fn conversation_page(
    engine: &Engine,
    who: &SignedIn,
    id: &ConversationId,
    asked: &Asked,
) -> Result<String, ApiError> {
    let Some(explained) = explained(engine, who, id, asked).await? else {
        return Err(refuse(ApiError::NotFound(format!(
            "The mirror has no conversation `{id}`."
        ))));
    };
    Ok(explain::of_conversation(
        &Words::of(engine),
        &explained,
        &asked.rule,
    ))
}

async fn explain_page(engine: &Engine, who: &SignedIn, asked: &Asked) -> Result<String, ApiError> {
    let words = Words::of(engine);
    let typed = asked.conversation.trim();
    let id = ConversationId::from(typed);
    let explained = explained(engine, who, &id, asked).await?;
    let offered = match explained.is_none() && !typed.is_empty() {
        true => {
            let filter = triage::filter::quote(typed);
            let now = engine.now();
            // The newest are those that people have at hand.
            let sort = engine::Sort {
                key: engine::SortKey::Age,
                descending: false,
            };
            let listed = engine.mirror().list(&filter, sort, 0, OFFERED, now);
            listed.map_or_else(
                |_| (Vec::new(), 0),
                |listed| (listed.conversations, listed.matching),
            )
        }
        false => (Vec::new(), 0),
    };
    let choices = choices(engine, who, &asked.rules).await?;
    let set = set_of(engine, who, choices.chosen).await?;
    let directory = engine.mirror().read().directory.clone();
    let found = explain::Search {
        choices,
        set,
        typed,
        rule: &asked.rule,
        rows: offered
            .0
            .iter()
            .map(|one| words.row(&directory, one))
            .collect(),
        matching: offered.1,
        explained,
    };
    Ok(explain::of_rule(&words, &found))
}

/// The change that the address asks about, if it is one of that conversation.
async fn decided(
    engine: &Engine,
    id: &ConversationId,
    asked: &Asked,
) -> Result<Option<explain::Decided>, store::Error> {
    let (Ok(run), Ok(seq)) = (asked.run.parse(), asked.change.parse()) else {
        return Ok(None);
    };
    let Some(run) = engine.own_run(RunId(run)).await? else {
        return Ok(None);
    };
    let changes = engine.store().changes(run.id, &[], seq, 1).await?;
    let change = changes.into_iter().find(|one| one.conversation == *id);
    Ok(change.map(|change| explain::Decided { run, change }))
}

async fn set_of(
    engine: &Engine,
    who: &SignedIn,
    source: RuleSource,
) -> Result<Arc<routing::model::RuleSet>, ApiError> {
    let set = engine.rules_from(&who.name, source).await;
    match (set.map_err(|error| internal(&error))?, source) {
        (Some(set), _) => Ok(set),
        (None, RuleSource::Version(number)) if number != 0 => Err(refuse(ApiError::NotFound(
            format!("There is no version {number} of the rules."),
        ))),
        (None, _) => Ok(Arc::default()),
    }
}

async fn explained(
    engine: &Engine,
    who: &SignedIn,
    id: &ConversationId,
    asked: &Asked,
) -> Result<Option<explain::Found>, ApiError> {
    if engine.mirror().conversation(id).is_none() {
        return Ok(None);
    }
    // What acts is the live version: a draft is shown only where it is asked for.
    let rules = match asked.rules.as_str() {
        "" => "live",
        rules => rules,
    };
    let choices = choices(engine, who, rules).await?;
    let occasion = explain::occasion(&asked.on).unwrap_or(Occasion::Any);
    let set = set_of(engine, who, choices.chosen).await?;
    let decided = decided(engine, id, asked).await;
    let decided = decided.map_err(|error| internal(&error))?;
    let acts = engine.rule_acts(None, Some(id), None, ACTS).await;
    let mut acts = acts.map_err(|error| internal(&error))?;
    let live = engine.rules().await.map_err(|error| internal(&error))?;
    // What was done at once is told in the order of the rules.
    let place = |rule: &str| {
        let mut rules = live.iter().flat_map(|live| &live.set.rules);
        rules.position(|one| one.id.as_str() == rule)
    };
    acts.sort_by_key(|act| (Reverse(act.at), place(&act.rule)));
    let history = engine.history(id).await;
    let history = history.map_err(|error| internal(&error))?;
    // Rules that are there no more are called as they were when they acted.
    let mut rule_names: HashMap<RuleId, String> = HashMap::new();
    let mut sent: HashMap<(RunId, String), Vec<Outcome>> = HashMap::new();
    for (run, change) in history.into_iter().rev() {
        if let Author::Rule { rule, name, .. } = run.author {
            rule_names.insert(rule.as_str().into(), name);
        }
        if let Some(rule) = change.rule {
            let of_rule = sent.entry((run.id, rule.rule)).or_default();
            of_rule.push(change.outcome);
        }
    }
    let known = live
        .iter()
        .flat_map(|live| &live.set.rules)
        .chain(&set.rules);
    rule_names.extend(known.map(|rule| (rule.id.clone(), rule.name.clone())));
    match engine.explain(&set, id, occasion) {
        Ok(explained) => Ok(explained.map(|explained| explain::Found {
            explained,
            choices,
            occasion,
            decided,
            acts,
            sent,
            rule_names,
        })),
        Err(problems) => {
            let problems = problems.iter().map(|problem| format!("{problem}."));
            Err(refuse(ApiError::Invalid(problems.collect())))
        }
    }
}
