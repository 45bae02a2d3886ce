//! From the engine's facts to what the screen shows: names for ids, words for times.

mod runs;

use std::collections::BTreeMap;

use engine::{CheckedKey, Engine, MailboxCounts, Status, UserCounts};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use store::{Author, ChangeRow, Run};
use triage::model::{Assignee, Conversation, ConversationId, Directory, MailboxId, RunId};
use triage::text;

use crate::components::marks::conversation_page;
use crate::view::{
    AssigneeView, ChangeView, ConnectionView, ConversationRow, ConversationView, Frame,
    HistoryLine, KeyCheck, KeySource, MailboxCard, Moment, Overview, Role, SyncProgress, Trouble,
    UserLoad,
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
            zone: engine.time_zone(),
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

    /// The frame of nobody in particular.
    pub(super) fn frame(&self, status: Status) -> Frame {
        Frame {
            operator: String::new(),
            role: Role::Viewer,
            now: self.clock(self.now),
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
            deliveries: status.deliveries,
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
        flow: String,
    ) -> Overview {
        Overview {
            flow,
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

    /// What days and times are told by.
    pub(super) fn zone_name(&self) -> String {
        let name = self.zone.iana_name().unwrap_or("another zone");
        name.to_owned()
    }

    /// The time now, with its day: `Monday 23 Nov, 14:02`.
    pub(super) fn now_there(&self) -> String {
        Timestamp::from_millisecond(self.now)
            .map(|now| {
                now.to_zoned(self.zone.clone())
                    .strftime("%A %-d %b, %H:%M")
                    .to_string()
            })
            .unwrap_or_default()
    }

    /// The present day in the console's time zone.
    pub(super) fn today(&self) -> Date {
        self.day(self.now).unwrap_or_default()
    }

    /// A day, as in `20 Nov`.
    pub(super) fn date(&self, day: Date) -> String {
        day.strftime("%-d %b").to_string()
    }

    /// The day of a moment in the console's time zone.
    pub(super) fn day(&self, at: i64) -> Option<Date> {
        let at = Timestamp::from_millisecond(at).ok()?;
        Some(at.to_zoned(self.zone.clone()).date())
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
                    change: self.change(run.id, change, &names(&run)),
                })
                .collect(),
        }
    }

    /// The page of a conversation in Hiver.
    fn in_hiver(&self, id: &ConversationId) -> Option<String> {
        let template = self.conversation_url.as_ref()?;
        Some(template.replace("{id}", &encode(id.as_str())))
    }

    pub(super) fn change(&self, run: RunId, change: ChangeRow, names: &Directory) -> ChangeView {
        ChangeView {
            why: why(run, &change),
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
    run.author.to_string()
}

/// Where a change that a rule asked for is explained.
pub(super) fn why(run: RunId, change: &ChangeRow) -> Option<String> {
    let asked = change.rule.as_ref()?;
    // Edited rules may be others by now, and are their author's alone.
    let version = asked
        .version
        .map_or_else(String::new, |version| format!("&rules={version}"));
    let page = conversation_page(change.conversation.as_str());
    let rule = encode(&asked.rule);
    Some(format!(
        "{page}/rules?run={run}&change={}{version}&rule={rule}",
        change.seq
    ))
}

/// The page of the rule that wanted a run, where one did.
pub(super) fn rule_page(run: &Run) -> Option<String> {
    match &run.author {
        Author::Rule { rule, .. } => Some(format!("/rules/{rule}")),
        Author::Operator(_) => None,
    }
}

/// The users and tags of a run by the names they had when it was planned.
pub(in crate::server_fns) fn names(run: &Run) -> Directory {
    text::labelled(&run.labels)
}

/// Percent-encodes everything that means something in a path or query.
pub(super) fn encode(text: &str) -> String {
    let pair: BTreeMap<&str, &str> = BTreeMap::from([("q", text)]);
    let encoded = serde_qs::to_string(&pair).unwrap_or_default();
    encoded.trim_start_matches("q=").replace('+', "%20")
}
