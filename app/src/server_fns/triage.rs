//! The list of conversations, and turning a selection with actions into a plan.

use leptos::prelude::*;
use server_fn::codec::GetUrl;

use super::{ApiError, Json};
#[cfg(feature = "ssr")]
use crate::view::ConversationRow;
use crate::view::{Choices, ConversationList, ListNews};

/// Rows on a page of the list.
#[cfg(feature = "ssr")]
const PAGE_SIZE: usize = 50;

/// A page of what matches the filter. A filter that cannot be read lists nothing and says where it is wrong.
#[server(prefix = "/api", endpoint = "conversations", output = Json, input = GetUrl)]
pub async fn list_conversations(
    #[server(default)] filter: String,
    #[server(default)] sort: String,
    #[server(default)] descending: bool,
    #[server(default)] page: usize,
) -> Result<ConversationList, ApiError> {
    use engine::{Sort, SortKey};

    use super::access::{internal, require};
    use crate::view::Role;

    let (engine, _) = require(Role::Viewer)?;
    let key = match sort.as_str() {
        "subject" => SortKey::Subject,
        "mailbox" => SortKey::Mailbox,
        "status" => SortKey::Status,
        "assignee" => SortKey::Assignee,
        _ => SortKey::Age,
    };
    let sort = Sort { key, descending };
    let history = engine.history_answers(&filter).await;
    let history = history.map_err(|error| internal(&error))?;
    let read = |page: usize| {
        let (mirror, now) = (engine.mirror(), engine.now());
        mirror.list_with(&filter, &history, sort, page - 1, PAGE_SIZE, now)
    };
    let mut page = page.max(1);
    let mut listed = read(page);
    // A list that has become shorter, or an address that was typed: past the end is the last page.
    if let Ok(found) = &listed
        && found.conversations.is_empty()
        && found.matching > 0
    {
        page = found.matching.div_ceil(PAGE_SIZE);
        listed = read(page);
    }
    let (directory, total) = {
        let mirror = engine.mirror().read();
        (mirror.directory.clone(), mirror.rows.len())
    };
    let (conversations, matching, seen, filter_error) = match listed {
        Ok(listed) => {
            let seen = listed.seen.to_string();
            (listed.conversations, listed.matching, seen, None)
        }
        Err(error) => (Vec::new(), 0, String::new(), Some(error)),
    };
    let ages_from_hiver = conversations.iter().all(|one| one.created_at.is_some());
    let rows = rows(&engine, &directory, &conversations).await;
    Ok(ConversationList {
        rows: rows.map_err(|error| internal(&error))?,
        seen,
        matching,
        total,
        page,
        page_size: PAGE_SIZE,
        filter_error,
        ages_from_hiver,
    })
}

/// What became of a list since it was read: `seen` and the ids `shown` are as it came.
#[server(name = ReadListNews, prefix = "/api", endpoint = "list_news", output = Json, input = GetUrl)]
pub async fn list_news(
    #[server(default)] filter: String,
    #[server(default)] seen: String,
    #[server(default)] shown: Vec<String>,
) -> Result<ListNews, ApiError> {
    use super::access::{internal, refuse, require};
    use crate::view::Role;

    let (engine, _) = require(Role::Viewer)?;
    let shown: Vec<_> = shown.into_iter().take(PAGE_SIZE).map(Into::into).collect();
    // What cannot be read is of no mirror.
    let seen = seen.parse().unwrap_or_default();
    let history = engine.history_answers(&filter).await;
    let history = history.map_err(|error| internal(&error))?;
    let news = engine
        .mirror()
        .list_news(&filter, &history, &shown, seen, engine.now());
    let news = news.map_err(|error| refuse(ApiError::Invalid(vec![error.to_string()])))?;
    let directory = engine.mirror().read().directory.clone();
    let (conversations, fit): (Vec<_>, Vec<_>) = news.conversations.into_iter().unzip();
    let rows = rows(&engine, &directory, &conversations).await;
    let rows = rows.map_err(|error| internal(&error))?;
    Ok(ListNews {
        rows: rows.into_iter().zip(fit).collect(),
        matching: news.matching,
        turned: news.turned,
    })
}

/// Conversations as rows, with the runs that have something to come for them.
#[cfg(feature = "ssr")]
async fn rows(
    engine: &engine::Engine,
    directory: &triage::model::Directory,
    conversations: &[triage::model::Conversation],
) -> Result<Vec<ConversationRow>, store::Error> {
    let words = super::words::Words::of(engine);
    let ids: Vec<_> = conversations.iter().map(|one| one.id.clone()).collect();
    let in_runs = engine.in_open_runs(&ids).await?;
    let rows = conversations.iter().map(|one| ConversationRow {
        run: in_runs.get(&one.id).map(|run| run.0),
        ..words.row(directory, one)
    });
    Ok(rows.collect())
}

/// What actions can be composed of, and a form that was kept because it could not be carried out (e.g. since the
/// session had ended), URL-encoded.
#[server(name = ReadChoices, prefix = "/api", endpoint = "choices", output = Json, input = GetUrl)]
pub async fn choices() -> Result<Choices, ApiError> {
    use super::access::{kept_draft, require};
    use crate::view::{Named, Role};

    let (engine, _) = require(Role::Viewer)?;
    let named = |id: &str, name: &str| Named {
        id: id.to_owned(),
        name: name.to_owned(),
    };
    let directory = engine.mirror().read().directory.clone();
    Ok(Choices {
        mailboxes: directory
            .mailboxes
            .iter()
            .map(|one| named(one.id.as_str(), &one.name))
            .collect(),
        users: directory
            .users
            .iter()
            .map(|user| named(user.id.as_str(), &user.name))
            .collect(),
        tags: directory
            .tags
            .iter()
            .map(|tag| named(tag.id.as_str(), &tag.name))
            .collect(),
        draft: kept_draft(),
    })
}

/// Plans the composed actions for a selection and leads to the preview.
///
/// `scope` is `matching` (everything that `filter` matches, minus `except` and minus those of `shown` that are not
/// among `ids`, which is how unticked boxes arrive) or anything else (`ids`).
#[server(prefix = "/api", endpoint = "plan", output = Json)]
pub async fn plan_changes(
    #[server(default)] scope: String,
    #[server(default)] filter: String,
    #[server(default)] ids: Vec<String>,
    #[server(default)] except: Vec<String>,
    #[server(default)] shown: Vec<String>,
    #[server(default)] assign: String,
    #[server(default)] add_tags: Vec<String>,
    #[server(default)] new_tag: String,
    #[server(default)] remove_tags: Vec<String>,
    #[server(default)] set_status: String,
    #[server(default)] note: String,
) -> Result<(), ApiError> {
    use std::collections::{BTreeSet, HashSet};

    use triage::actions::Actions;
    use triage::model::{Status, TagId};
    use triage::selection::Selection;

    use super::access::require;
    use crate::view::Role;

    let (engine, operator) = require(Role::Lead)?;
    let selection = if scope == "matching" {
        let ticked: HashSet<String> = ids.into_iter().collect();
        let unticked = shown.into_iter().filter(|id| !ticked.contains(id));
        let except: BTreeSet<String> = except.into_iter().chain(unticked).collect();
        Selection::Matching {
            filter,
            except: except.into_iter().map(Into::into).collect(),
        }
    } else {
        Selection::Ids(ids.into_iter().map(Into::into).collect())
    };
    let mut add_tags: Vec<TagId> = add_tags
        .into_iter()
        .filter_map(some)
        .map(Into::into)
        .collect();
    // A name that is there already means that tag, not a second one of the same name.
    let new_tag = some(new_tag.trim().to_owned());
    let known = new_tag.as_deref().and_then(|name| {
        let mirror = engine.mirror().read();
        mirror.directory.tag_named(name).map(|tag| tag.id.clone())
    });
    let new_tags = match known {
        Some(id) => {
            add_tags.push(id);
            Vec::new()
        }
        None => new_tag.into_iter().collect(),
    };
    let actions = Actions {
        assign: some(assign).map(Into::into),
        add_tags,
        new_tags,
        remove_tags: remove_tags
            .into_iter()
            .filter_map(some)
            .map(Into::into)
            .collect(),
        set_status: some(set_status).map(Status::from),
        note: some(note.replace("\r\n", "\n")),
    };
    super::preview::plan_and_show(&engine, operator.name, selection, actions).await
}

/// A field that was left as it is arrives empty.
#[cfg(feature = "ssr")]
fn some(text: String) -> Option<String> {
    (!text.trim().is_empty()).then_some(text)
}
