//! From a selection and actions to a plan on disk.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use store::{Author, NewChange, NewRun, PlanFacts};
use triage::actions::{Actions, Change};
use triage::filter::HistoryAnswers;
use triage::model::{Conversation, ConversationId, Directory, RunId};
use triage::outcome::Outcome;
use triage::plan::{Capabilities, Plan, PlannedChange, plan};
use triage::selection::Selection;

use crate::Engine;
use crate::link::Link;
use crate::mirror::Mirror;

/// The tutorial's dialect: one request for every single change.
pub(crate) const CAPABILITIES: Capabilities = Capabilities {
    combined_patch: false,
};

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// What was asked for cannot be planned; each line says why.
    #[error("the plan cannot be made: {}", .0.join(" "))]
    Invalid(Vec<String>),
    /// The plan could not be kept.
    #[error("the plan could not be kept")]
    Store(#[from] store::Error),
}

/// What a selection stands for, as the mirror is now.
pub(crate) struct Selected {
    pub(crate) link: Arc<Link>,
    pub(crate) now: i64,
    pub(crate) conversations: Vec<Conversation>,
    pub(crate) directory: Directory,
    /// Since when the mirror is as it is.
    pub(crate) mirror_at: i64,
}

impl Engine {
    /// What `selection` stands for now.
    pub(crate) async fn selected(&self, selection: &Selection) -> Result<Selected, PlanError> {
        let Some(link) = self.link() else {
            return Err(invalid(
                "No Hiver is connected: an admin sets the key first.",
            ));
        };
        let now = self.now();
        let history = match selection {
            Selection::Matching { filter, .. } => self.history_answers(filter).await?,
            Selection::Ids(_) => HistoryAnswers::new(),
        };
        let conversations = select(self.mirror(), selection, &history, now)?;
        let mirror = self.mirror().read();
        Ok(Selected {
            link,
            now,
            conversations,
            directory: mirror.directory.clone(),
            mirror_at: mirror.as_of().unwrap_or(now),
        })
    }

    /// Plans `actions` for `selection` against the mirror as it is now, and keeps the plan for its preview.
    ///
    /// # Errors
    /// When the selection or the actions make no sense, or the database fails.
    pub async fn plan(
        &self,
        author: String,
        selection: Selection,
        actions: Actions,
    ) -> Result<RunId, PlanError> {
        let Selected {
            link,
            now,
            conversations,
            directory,
            mirror_at,
        } = self.selected(&selection).await?;
        actions.validate(&directory).map_err(|problems| {
            PlanError::Invalid(
                problems
                    .iter()
                    .map(|problem| format!("{problem}."))
                    .collect(),
            )
        })?;
        let selected: Vec<&Conversation> = conversations.iter().collect();
        let mut plan = plan(&selected, &actions);
        self.doubt_what_may_still_change(&mut plan, link.connection.id)
            .await?;
        let plan = changing_first(plan);
        let new = NewRun {
            connection: link.connection.id,
            author: Author::Operator(author),
            labels: labels(&actions, &directory),
            new_tags: plan.tags_to_make().into_iter().map(str::to_owned).collect(),
            facts: PlanFacts {
                summary: plan.summary(CAPABILITIES),
                groups: plan.groups(),
                cannot_be_undone: plan.cannot_be_undone(),
            },
            selection,
            actions,
            title: None,
            chain: Vec::new(),
            rules: None,
            mirror_at,
            created_at: now,
        };
        let selected: BTreeMap<_, _> = conversations.iter().map(|one| (&one.id, one)).collect();
        let changes = plan
            .changes
            .into_iter()
            .map(|planned| NewChange {
                rule: None,
                subject: selected
                    .get(&planned.conversation)
                    .and_then(|one| one.subject.clone()),
                mailbox: selected
                    .get(&planned.conversation)
                    .and_then(|one| one.mailbox.clone()),
                conversation: planned.conversation,
                change: planned.change,
                before: planned.before,
                outcome: if planned.already {
                    Outcome::Unchanged
                } else {
                    Outcome::Waiting
                },
            })
            .collect();
        Ok(self.store().create_preview(new, changes).await?)
    }
}

impl Engine {
    /// What is so now may be otherwise once the runs that wait have had their turn: it is not "already so".
    async fn doubt_what_may_still_change(
        &self,
        plan: &mut Plan,
        connection: store::ConnectionId,
    ) -> Result<(), store::Error> {
        let already: Vec<ConversationId> = {
            let mut seen = HashSet::new();
            let already = plan.changes.iter().filter(|one| one.already);
            already
                .map(|one| one.conversation.clone())
                .filter(|id| seen.insert(id.clone()))
                .collect()
        };
        let to_come = self.store().in_open_runs(connection, &already).await?;
        for one in &mut plan.changes {
            one.already &= !to_come.contains_key(&one.conversation);
        }
        Ok(())
    }
}

/// Puts the conversations that change before those in which everything already is so; the order among them
/// stays.
pub(crate) fn changing_first(plan: Plan) -> Plan {
    let changing: HashSet<_> = plan
        .changes
        .iter()
        .filter(|one| !one.already)
        .map(|one| one.conversation.clone())
        .collect();
    let (mut first, rest): (Vec<PlannedChange>, Vec<PlannedChange>) = plan
        .changes
        .into_iter()
        .partition(|one| changing.contains(&one.conversation));
    first.extend(rest);
    Plan { changes: first }
}

pub(crate) fn select(
    mirror: &Mirror,
    selection: &Selection,
    history: &HistoryAnswers,
    now: i64,
) -> Result<Vec<Conversation>, PlanError> {
    let found = match selection {
        Selection::Matching { filter, except } => {
            let except: HashSet<_> = except.iter().collect();
            let mut matching = mirror
                .matching_with(filter, history, now)
                .map_err(|error| invalid(&format!("The filter: {error}.")))?;
            matching.retain(|one| !except.contains(&one.id));
            matching
        }
        Selection::Ids(ids) => {
            let mut seen = HashSet::new();
            let mut found: Vec<Conversation> = ids
                .iter()
                .filter(|id| seen.insert(*id))
                .filter_map(|id| mirror.conversation(id))
                .collect();
            let missing = seen.len() - found.len();
            if missing > 0 {
                return Err(invalid(&format!(
                    "{} no longer in the mirror. Go back to the list and select again.",
                    if missing == 1 {
                        "One of the selected conversations is".to_owned()
                    } else {
                        format!("{missing} of the selected conversations are")
                    }
                )));
            }
            found.sort_by_key(Conversation::age_from);
            found
        }
    };
    if found.is_empty() {
        return Err(invalid("Nothing is selected."));
    }
    Ok(found)
}

/// What the users and tags of changes are called.
pub(crate) fn labels_of<'a>(
    changes: impl IntoIterator<Item = &'a Change>,
    directory: &Directory,
) -> BTreeMap<String, String> {
    let changes = changes.into_iter();
    let named = changes.filter_map(|change| match change {
        Change::Assign(user) => directory
            .user(user)
            .map(|user| (user.id.to_string(), user.name.clone())),
        Change::AddTag(tag) | Change::RemoveTag(tag) => directory
            .tag(tag)
            .map(|tag| (tag.id.to_string(), tag.name.clone())),
        Change::SetStatus(_) | Change::AddNote(_) => None,
    });
    named.collect()
}

/// What users and tags were called when the plan was made, so that it stays readable when they are gone.
fn labels(actions: &Actions, directory: &Directory) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    if let Some(user) = actions.assign.as_ref().and_then(|id| directory.user(id)) {
        labels.insert(user.id.to_string(), user.name.clone());
    }
    for tag in actions
        .add_tags
        .iter()
        .chain(&actions.remove_tags)
        .filter_map(|id| directory.tag(id))
    {
        labels.insert(tag.id.to_string(), tag.name.clone());
    }
    labels
}

pub(crate) fn invalid(message: &str) -> PlanError {
    PlanError::Invalid(vec![message.to_owned()])
}
