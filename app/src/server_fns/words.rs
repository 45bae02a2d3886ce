//! From the engine's facts to what the screen shows: names for ids, words for times.

use std::collections::BTreeMap;

use engine::{
    CheckedKey, Engine, Forecast, MailboxCounts, Preview, RunPage, RunStatus, Status, Turned,
    UserCounts,
};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use store::{Author, ChangeRow, NewTagState, Run};
use triage::actions::Change;
use triage::model::{
    Assignee, Conversation, ConversationId, Directory, MailboxId, Tag, TagId, User, UserId,
};
use triage::outcome::{Outcome, RunState};
use triage::plan::{LeftOutReason, Price};
use triage::selection::Selection;
use triage::text;

use super::access::SignedIn;
use crate::view::{
    AssigneeView, CannotUndo, ChangeGroup, ChangeView, ConnectionView, ConversationRow,
    ConversationView, Frame, HistoryLine, KeyCheck, KeySource, LeftOutView, MailboxCard, Moment,
    Overview, PlannedChangeView, PlannedRow, PreviewView, Problem, RunLine, RunProgressView,
    RunView, SyncProgress, Trouble, UserLoad,
};

/// Words what the engine says, at one moment.
pub(super) struct Words {
    now: i64,
    zone: TimeZone,
    per_day: Option<u32>,
    per_second: f64,
    conversation_url: Option<String>,
    demo: bool,
    base_url: String,
    dialect: &'static str,
}

impl Words {
    pub(super) fn of(engine: &Engine) -> Self {
        let config = engine.config();
        Self {
            now: engine.now(),
            zone: TimeZone::UTC,
            per_day: config.requests_per_day,
            per_second: engine.allowed_per_second(),
            conversation_url: config.conversation_url.clone(),
            demo: config.demo,
            base_url: config.base_url.clone(),
            dialect: config.dialect.as_str(),
        }
    }

    pub(super) fn moment(&self, at: i64) -> Moment {
        let exact = Timestamp::from_millisecond(at)
            .map(|at| {
                at.to_zoned(self.zone.clone())
                    .strftime("%Y-%m-%d %H:%M %Z")
                    .to_string()
            })
            .unwrap_or_default();
        Moment {
            short: text::age(self.now.saturating_sub(at).max(0)),
            exact,
        }
    }

    pub(super) fn frame(&self, operator: &SignedIn, status: Status) -> Frame {
        Frame {
            operator: operator.name.clone(),
            role: operator.role,
            demo: self.demo,
            trouble: status.trouble.map(|one| trouble(one, status.key_source)),
            mirror_age: status.mirror_as_of.map(|at| self.moment(at)),
            sync: status.sync.map(|sync| SyncProgress {
                doing: sync.doing,
                lists_done: sync.lists_done,
                lists: sync.lists,
                conversations: sync.conversations,
            }),
            requests_today: status.requests_today,
            requests_per_day: self.per_day,
            open_runs: status.open_runs,
        }
    }

    pub(super) fn row(&self, directory: &Directory, of: &Conversation) -> ConversationRow {
        let mailbox = |id: &MailboxId| {
            directory
                .mailbox(id)
                .map_or_else(|| id.to_string(), |mailbox| mailbox.name.clone())
        };
        ConversationRow {
            id: of.id.to_string(),
            subject: of.subject.clone(),
            mailbox: of.mailbox.as_ref().map(mailbox),
            status: of.status.clone(),
            assignee: match &of.assignee {
                Assignee::Unknown => AssigneeView::Unknown,
                Assignee::Nobody => AssigneeView::Nobody,
                Assignee::User { .. } => {
                    AssigneeView::Somebody(text::assignee(&of.assignee, directory))
                }
            },
            tags: of.tags.as_ref().map(|tags| {
                tags.iter()
                    .map(|tag| text::tag_name(tag, directory))
                    .collect()
            }),
            age: self.moment(of.age_from()),
            run: None,
        }
    }

    pub(super) fn overview(
        &self,
        mailboxes: Vec<MailboxCounts>,
        users: Vec<UserCounts>,
    ) -> Overview {
        Overview {
            mailboxes: mailboxes
                .into_iter()
                .map(|one| MailboxCard {
                    name: one.mailbox.name,
                    email: one.mailbox.email,
                    open: one.open,
                    pending: one.pending,
                    closed: one.closed,
                    unassigned: one.unassigned,
                    oldest: one.oldest.map(|at| self.moment(at)),
                    synced: one.synced_at.map(|at| self.moment(at)),
                })
                .collect(),
            users: users
                .into_iter()
                .map(|one| UserLoad {
                    name: one.user.name,
                    open: one.open,
                    pending: one.pending,
                })
                .collect(),
        }
    }

    pub(super) fn preview(&self, preview: Preview, page: u64, page_size: u64) -> PreviewView {
        let Preview {
            run,
            price,
            forecast,
            stale,
            meets,
            changes,
            already,
        } = preview;
        let names = names(&run);
        let facts = &run.facts;
        PreviewView {
            id: run.id.0,
            state: run.state,
            author: author(&run),
            planned: self.moment(run.created_at),
            mirror_age: Some(self.moment(run.mirror_at)),
            selected: selected(&run.selection, facts.summary.conversations),
            conversations: number(facts.summary.conversations),
            changing: number(facts.summary.will_change),
            already: number(facts.summary.already),
            changes: number(facts.summary.changes),
            line: text::price_line(&facts.summary, &price),
            duration: text::duration(price.seconds),
            fits_today: forecast.stops_at.is_none(),
            groups: facts
                .groups
                .iter()
                .map(|group| ChangeGroup {
                    label: text::change(&group.change, &names),
                    changing: number(group.will_change),
                    already: number(group.already),
                })
                .collect(),
            cannot_undo: facts
                .cannot_be_undone
                .iter()
                .map(|one| CannotUndo {
                    sentence: text::cannot_be_undone(one.reason, one.changes),
                    count: number(one.changes),
                })
                .collect(),
            note: run.actions.note.clone(),
            stale,
            rows: planned_rows(&changes, &names),
            already_rows: planned_rows(&already, &names),
            page: number(page),
            pages: number(facts.summary.will_change.div_ceil(page_size).max(1)),
            back: match run.undo_of {
                Some(of) => format!("/runs/{of}"),
                None => back(&run.selection),
            },
            schedule: self.schedule(forecast),
            undo_of: run.undo_of.map(|of| of.0),
            reading: None,
            left_out: left_out(&run, &names),
            meets: meets
                .into_iter()
                .map(|(run, conversations)| (run.0, number(conversations)))
                .collect(),
            new_tags: run.new_tags.iter().map(|tag| tag.name.clone()).collect(),
        }
    }

    /// When something will have been sent, and where the day's limit interrupts it.
    fn schedule(&self, forecast: Forecast) -> String {
        match (forecast.stops_at, forecast.continues_at) {
            (Some(stops), Some(continues)) => format!(
                "until {} it waits for the day's limit from {} on, and it ends about {}",
                self.clock(continues),
                self.clock(stops),
                self.clock(forecast.finish_at)
            ),
            _ => format!("ends about {}", self.clock(forecast.finish_at)),
        }
    }

    /// When a day begins in the console's time zone.
    pub(super) fn start_of(&self, day: Date) -> Option<i64> {
        let start = day.to_zoned(self.zone.clone()).ok()?;
        Some(start.timestamp().as_millisecond())
    }

    /// A time of day; with its day where that is not today.
    pub(super) fn clock(&self, at: i64) -> String {
        let zoned = |at: i64| {
            Timestamp::from_millisecond(at)
                .ok()
                .map(|at| at.to_zoned(self.zone.clone()))
        };
        let (Some(then), Some(now)) = (zoned(at), zoned(self.now)) else {
            return "some day".to_owned();
        };
        let words = if then.date() == now.date() {
            "%H:%M %Z"
        } else {
            "%a %-d %b %H:%M %Z"
        };
        then.strftime(words).to_string()
    }

    /// What reading before an undo costs.
    pub(super) fn reads(&self, price: &Price) -> String {
        let mut words = format!(
            "asks Hiver first how {} now: {}, {}",
            if price.requests == 1 {
                "1 conversation stands".to_owned()
            } else {
                format!("{} stand", text::plural(price.requests, "conversation"))
            },
            text::plural(price.requests, "request"),
            text::duration(price.seconds)
        );
        if let Some(share) = price.share_of_day {
            words.push_str(&format!(", {} of today", text::percent(share)));
        }
        words
    }

    pub(super) fn run_line(&self, status: &RunStatus) -> RunLine {
        RunLine {
            progress: self.progress(status, Vec::new()),
            author: author(&status.run),
            title: title(&status.run),
            confirmed: status.run.confirmed_at.map(|at| self.moment(at)),
        }
    }

    pub(super) fn run(
        &self,
        page: RunPage,
        outcome: Option<Outcome>,
        number_of: u64,
        size: u64,
    ) -> RunView {
        let run = &page.status.run;
        let over = run.state.is_over();
        let names = names(run);
        RunView {
            progress: self.progress(&page.status, Vec::new()),
            author: author(run),
            title: title(run),
            selected: selected(&run.selection, run.facts.summary.conversations),
            confirmed: run.confirmed_at.map(|at| self.moment(at)),
            problems: page
                .problems
                .into_iter()
                .map(|(outcome, reason, count)| Problem {
                    outcome,
                    reason,
                    count: number(count),
                })
                .collect(),
            rows: page
                .changes
                .into_iter()
                .map(|change| self.change(change, &names))
                .collect(),
            outcome,
            page: number(number_of),
            pages: number(page.matching.div_ceil(size).max(1)),
            undo: None,
            undo_of: run.undo_of.map(|of| of.0),
            undone_by: Vec::new(),
            new_tags: run
                .new_tags
                .iter()
                .map(|tag| (tag.name.clone(), new_tag_state(&tag.state, over)))
                .collect(),
        }
    }

    pub(super) fn progress(&self, status: &RunStatus, turned: Vec<Turned>) -> RunProgressView {
        let run = &status.run;
        let over = run.state.is_over();
        let took = || {
            let began = run
                .started_at
                .or(run.confirmed_at)
                .unwrap_or(run.created_at);
            let ended = run.finished_at.unwrap_or(self.now);
            text::duration((ended - began).max(0) as f64 / 1_000.0)
        };
        RunProgressView {
            id: run.id.0,
            state: run.state,
            cancelling: run.cancel_requested && !over,
            pausing: run.pause_requested && run.state == RunState::Running,
            may_go_ahead: status.waiting_before > 0,
            pause_reason: run.pause_reason.clone(),
            counts: Outcome::ALL
                .into_iter()
                .map(|outcome| {
                    (
                        outcome,
                        u32::try_from(status.tally.get(outcome)).unwrap_or(u32::MAX),
                    )
                })
                .filter(|(_, count)| *count > 0)
                .collect(),
            time: match run.state {
                RunState::Finished | RunState::Cancelled => format!("took {}", took()),
                RunState::Paused => format!(
                    "paused with {} to come",
                    text::plural(status.requests_left, "request")
                ),
                _ if status.held_up => "waiting for Hiver".to_owned(),
                RunState::Waiting if status.waiting_before > 0 => format!(
                    "{} before it",
                    text::plural(status.waiting_before, "waiting run")
                ),
                // The schedule says when.
                _ if status
                    .forecast
                    .is_some_and(|forecast| forecast.stops_at.is_some()) =>
                {
                    "longer than the day's requests last".to_owned()
                }
                _ => format!("about {} left", text::duration(status.seconds_left)),
            },
            rate: status.per_second.filter(|_| !status.held_up).map(|rate| {
                let why = if status.slowed {
                    ", slower for a while: Hiver asked to slow down"
                } else {
                    ""
                };
                format!("{rate:.1} requests/s{why}")
            }),
            schedule: status
                .forecast
                .filter(|_| !status.held_up)
                .map(|forecast| self.to_come(status.requests_left, forecast)),
            turned: turned
                .into_iter()
                .map(|one| (one.seq, one.outcome, one.reason))
                .collect(),
        }
    }

    /// What a run still takes: requests, share of the day, and when it ends.
    fn to_come(&self, requests: u64, forecast: Forecast) -> String {
        let share = self
            .per_day
            .map(|per_day| requests as f64 / f64::from(per_day.max(1)))
            .map(|share| format!(", {} of a day", text::percent(share)))
            .unwrap_or_default();
        format!(
            "{} to come{share}; {}",
            text::plural(requests, "request"),
            self.schedule(forecast)
        )
    }

    pub(super) fn conversation(
        &self,
        directory: &Directory,
        of: &Conversation,
        history: Vec<(Run, ChangeRow)>,
    ) -> ConversationView {
        ConversationView {
            row: self.row(directory, of),
            changed: self.moment(of.changed_at()),
            changed_from_hiver: of.updated_at.is_some(),
            link: self.in_hiver(&of.id),
            history: history
                .into_iter()
                .map(|(run, change)| HistoryLine {
                    run: run.id.0,
                    author: author(&run),
                    at: change
                        .finished_at
                        .or(change.sent_at)
                        .map(|at| self.moment(at)),
                    change: self.change(change, &names(&run)),
                })
                .collect(),
        }
    }

    /// The page of a conversation in Hiver.
    fn in_hiver(&self, id: &ConversationId) -> Option<String> {
        let template = self.conversation_url.as_ref()?;
        Some(template.replace("{id}", &encode(id.as_str())))
    }

    pub(super) fn change(&self, change: ChangeRow, names: &Directory) -> ChangeView {
        ChangeView {
            seq: change.seq,
            link: self.in_hiver(&change.conversation),
            conversation: change.conversation.to_string(),
            subject: change.subject,
            change: text::change(&change.change, names),
            outcome: change.outcome,
            reason: change.reason,
            decided_by: change.decided_by,
        }
    }

    pub(super) fn connection(&self, status: Status) -> ConnectionView {
        ConnectionView {
            base_url: self.base_url.clone(),
            dialect: self.dialect.to_owned(),
            key_hint: status.key_hint,
            key_source: match status.key_source {
                engine::KeySource::Missing => KeySource::Missing,
                engine::KeySource::Environment => KeySource::Environment,
                engine::KeySource::Stored => KeySource::Stored,
                engine::KeySource::Demo => KeySource::Demo,
            },
            trouble: status.trouble.map(|one| trouble(one, status.key_source)),
            rate: format!("{} per second", self.per_second),
            per_day: self.per_day,
        }
    }

    pub(super) fn key_check(&self, check: CheckedKey) -> KeyCheck {
        match check {
            CheckedKey::Accepted(mailboxes) => KeyCheck {
                accepted: true,
                message: format!(
                    "Hiver accepts this key. It opens {}.",
                    text::plural(mailboxes.len() as u64, "mailbox")
                ),
                mailboxes,
            },
            CheckedKey::Refused(trouble) => KeyCheck {
                accepted: false,
                message: format!("{} {}", trouble.message, trouble.remedy),
                mailboxes: Vec::new(),
            },
        }
    }
}

fn trouble(from: engine::Trouble, key_source: engine::KeySource) -> Trouble {
    let remedy = if from.about_key && key_source == engine::KeySource::Environment {
        "The key comes from HIVER_API_KEY: change it and start the console again, or press Refresh once Hiver accepts \
         this one."
            .to_owned()
    } else {
        from.remedy
    };
    Trouble {
        message: from.message,
        remedy,
        about_key: from.about_key,
    }
}

pub(super) fn author(run: &Run) -> String {
    let Author::Operator(name) = &run.author;
    name.clone()
}

/// The users and tags of a run by the names they had when it was planned.
pub(super) fn names(run: &Run) -> Directory {
    let label = |id: &str| run.labels.get(id).cloned().unwrap_or_else(|| id.to_owned());
    let user = |id: &UserId| User {
        id: id.clone(),
        name: label(id.as_str()),
        email: None,
    };
    let tag = |id: &TagId| Tag {
        id: id.clone(),
        name: label(id.as_str()),
    };
    // What is wished stands in the actions; tags made on the way and what an undo brings back only in the labels.
    let labelled = || run.labels.keys().map(String::as_str);
    Directory {
        users: run
            .actions
            .assign
            .iter()
            .map(user)
            .chain(labelled().map(|id| user(&id.into())))
            .collect(),
        tags: run
            .actions
            .add_tags
            .iter()
            .chain(&run.actions.remove_tags)
            .map(tag)
            .chain(labelled().map(|id| tag(&id.into())))
            .collect(),
        mailboxes: Vec::new(),
    }
}

/// What a run does: `Assign to Ana Ruiz, add tag billing, add note`.
pub(super) fn title(run: &Run) -> String {
    if let Some(of) = run.undo_of {
        return format!("Undo run {of}");
    }
    let names = names(run);
    let mut title = String::new();
    for change in run.actions.changes() {
        let words = text::change(&change, &names);
        if title.is_empty() {
            title = words;
        } else {
            title.push_str(", ");
            let mut letters = words.chars();
            title.extend(letters.next().into_iter().flat_map(char::to_lowercase));
            title.push_str(letters.as_str());
        }
    }
    title
}

fn new_tag_state(state: &NewTagState, over: bool) -> String {
    match state {
        NewTagState::Waiting if over => "not made".to_owned(),
        NewTagState::Sending if over => {
            "perhaps made: the run ended before Hiver answered".to_owned()
        }
        NewTagState::Waiting => "to be made first".to_owned(),
        NewTagState::Sending => "being made".to_owned(),
        NewTagState::Made(_) => "made".to_owned(),
        NewTagState::Failed(why) => format!("could not be made: {why}"),
    }
}

/// What an undo leaves as it is, by reason, conflicts first.
fn left_out(run: &Run, names: &Directory) -> Vec<LeftOutView> {
    const SHOWN: usize = 20;
    let mut by_reason: BTreeMap<LeftOutReason, Vec<_>> = BTreeMap::new();
    for one in &run.left_out {
        by_reason.entry(one.reason).or_default().push(one);
    }
    let mut views: Vec<LeftOutView> = by_reason
        .into_iter()
        .map(|(reason, all)| LeftOutView {
            sentence: text::left_out(reason, all.len() as u64),
            conflict: !matches!(reason, LeftOutReason::Impossible(_)),
            first: all
                .iter()
                .take(SHOWN)
                .map(|one| {
                    let what = text::change(&one.change, names);
                    (one.conversation.to_string(), one.subject.clone(), what)
                })
                .collect(),
            more: all.len().saturating_sub(SHOWN),
        })
        .collect();
    views.sort_by_key(|view| !view.conflict);
    views
}

fn selected(selection: &Selection, conversations: u64) -> String {
    let count = text::plural(conversations, "conversation");
    match selection {
        Selection::Ids(_) => format!("{count} picked by hand"),
        Selection::Matching { filter, except } => {
            let filter = filter.trim();
            let what = if filter.is_empty() {
                "everything".to_owned()
            } else {
                filter.to_owned()
            };
            match except.len() {
                0 => format!("{count} matching {what}"),
                out => format!(
                    "{count} matching {what}, {} taken out",
                    text::count(out as u64)
                ),
            }
        }
    }
}

/// The list that a plan came from.
fn back(selection: &Selection) -> String {
    match selection {
        Selection::Matching { filter, .. } if !filter.trim().is_empty() => {
            format!("/triage?q={}", encode(filter))
        }
        _ => "/triage".to_owned(),
    }
}

fn planned_rows(changes: &[ChangeRow], names: &Directory) -> Vec<PlannedRow> {
    let mut rows: Vec<PlannedRow> = Vec::new();
    for change in changes {
        let view = PlannedChangeView {
            what: match &change.change {
                Change::Assign(_) => "assignee".to_owned(),
                Change::AddTag(tag) | Change::RemoveTag(tag) => {
                    format!("tag {}", text::tag_name(tag, names))
                }
                Change::SetStatus(_) => "status".to_owned(),
                Change::AddNote(_) => "note".to_owned(),
            },
            before: match &change.change {
                Change::AddNote(_) => None,
                _ => Some(text::before(&change.before, names)),
            },
            after: match &change.change {
                Change::AddTag(_) => "tagged".to_owned(),
                Change::RemoveTag(_) => "not tagged".to_owned(),
                Change::AddNote(_) => "added".to_owned(),
                other => text::after(other, names),
            },
            already: change.outcome == Outcome::Unchanged,
        };
        match rows.last_mut() {
            Some(row) if row.conversation == change.conversation.as_str() => row.changes.push(view),
            _ => rows.push(PlannedRow {
                conversation: change.conversation.to_string(),
                subject: change.subject.clone(),
                changes: vec![view],
            }),
        }
    }
    rows
}

fn number(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// Percent-encodes everything that means something in a path or query.
pub(super) fn encode(text: &str) -> String {
    let pair: BTreeMap<&str, &str> = BTreeMap::from([("q", text)]);
    let encoded = serde_qs::to_string(&pair).unwrap_or_default();
    encoded.trim_start_matches("q=").replace('+', "%20")
}
