//! What server functions answer: plain data, ready to be shown. Times are worded on the server, so that both
//! sides draw the same first picture.

use serde::{Deserialize, Serialize};
use triage::filter::FilterError;
use triage::model::Status;
use triage::outcome::{Outcome, RunState};

/// A moment, worded: `short` as in `3 d`, `exact` as in `2026-11-19 14:02 UTC`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// How long ago.
    pub short: String,
    /// When exactly, in the console's time zone.
    pub exact: String,
}

/// An id and what people call it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Hiver's id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// What an operator may do; see `store::Role`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Looks.
    Viewer,
    /// Also plans and runs changes.
    Lead,
    /// Also key, connection and settings.
    Admin,
}

impl Role {
    /// The role's name as it is shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Lead => "lead",
            Self::Admin => "admin",
        }
    }
}

/// What stands around every page: who is signed in, how fresh the mirror is, how Hiver is doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// The operator's name.
    pub operator: String,
    /// The operator's role.
    pub role: Role,
    /// When it was so, by the console's clock.
    pub now: String,
    /// Whether this is the demo with its own simulator.
    pub demo: bool,
    /// What is wrong with Hiver right now, in words.
    pub trouble: Option<Trouble>,
    /// How old the mirror is; nothing before the first time it was read to the end.
    pub mirror_age: Option<Moment>,
    /// How far reading from Hiver has come, while it goes on.
    pub sync: Option<SyncProgress>,
    /// Requests sent in the last 24 hours.
    pub requests_today: u32,
    /// Requests allowed in 24 hours, where there is a limit.
    pub requests_per_day: Option<u32>,
    /// Runs that are not at their end.
    pub open_runs: u32,
    /// How often, since the console started, something was delivered by Hiver or what was delivered was applied.
    pub deliveries: u64,
}

/// Something that is wrong with the connection to Hiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// What happened.
    pub message: String,
    /// What to do about it, or what the console does by itself.
    pub remedy: String,
    /// Whether an admin can mend it with another key.
    pub about_key: bool,
}

/// How far reading from Hiver has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncProgress {
    /// What is being read, e.g. `Support, closed`.
    pub doing: String,
    /// Lists read to the end.
    pub lists_done: u32,
    /// Lists in all.
    pub lists: u32,
    /// Conversations read so far.
    pub conversations: u32,
}

/// A page of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationList {
    /// The rows.
    pub rows: Vec<ConversationRow>,
    /// How the mirror was, to ask for news later.
    pub seen: String,
    /// How many match.
    pub matching: usize,
    /// How many there are.
    pub total: usize,
    /// The page, from 1.
    pub page: usize,
    /// Rows on a full page.
    pub page_size: usize,
    /// What is wrong with the filter; nothing is listed then.
    pub filter_error: Option<FilterError>,
    /// Whether ages count from Hiver's times (else from when the mirror first saw a conversation).
    pub ages_from_hiver: bool,
}

/// What became of a list since it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListNews {
    /// Those of its rows that there still are, each with whether it still matches.
    pub rows: Vec<(ConversationRow, bool)>,
    /// How many match now.
    pub matching: usize,
    /// How many match that did not, and how many do not that did; nothing where that is not known any more.
    pub turned: Option<(usize, usize)>,
}

/// What actions can be composed of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices {
    /// Mailboxes to narrow to.
    pub mailboxes: Vec<Named>,
    /// Users to assign to.
    pub users: Vec<Named>,
    /// Tags to add and remove.
    pub tags: Vec<Named>,
    /// A form that was kept because it could not be carried out, URL-encoded.
    pub draft: Option<String>,
}

/// A row of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationRow {
    /// Hiver's id.
    pub id: String,
    /// The subject; nothing where Hiver has none.
    pub subject: Option<String>,
    /// The mailbox's name.
    pub mailbox: Option<String>,
    /// The status; nothing where Hiver did not say.
    pub status: Option<Status>,
    /// Who it is assigned to.
    pub assignee: AssigneeView,
    /// The tags' names; nothing where Hiver did not say.
    pub tags: Option<Vec<String>>,
    /// How old it is.
    pub age: Moment,
    /// The run that is not at its end and has something to come for it.
    pub run: Option<i64>,
}

/// Who a conversation is assigned to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AssigneeView {
    /// Hiver did not say.
    Unknown,
    /// Nobody.
    Nobody,
    /// Somebody, by name.
    Somebody(String),
}

/// The overview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// Mailboxes in Hiver's order.
    pub mailboxes: Vec<MailboxCard>,
    /// Users, the busiest first.
    pub users: Vec<UserLoad>,
    /// What came and left in the last days, drawn by the server: HTML of escaped text.
    pub flow: String,
}

/// A mailbox and its counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailboxCard {
    /// Its name.
    pub name: String,
    /// Its address.
    pub email: Option<String>,
    /// Open conversations.
    pub open: usize,
    /// Pending conversations.
    pub pending: usize,
    /// Closed conversations.
    pub closed: usize,
    /// Open conversations that are nobody's.
    pub unassigned: usize,
    /// The age of the oldest open one.
    pub oldest: Option<Moment>,
    /// When it had last been read to the end.
    pub synced: Option<Moment>,
}

/// A user and their open conversations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserLoad {
    /// Their name.
    pub name: String,
    /// Open conversations.
    pub open: usize,
    /// Pending conversations.
    pub pending: usize,
}

/// One kind of change in a plan, e.g. `Assign to Ana Ruiz`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeGroup {
    /// The change in words.
    pub label: String,
    /// Conversations that it changes.
    pub changing: usize,
    /// Conversations that already are so.
    pub already: usize,
}

/// Something that Hiver cannot undo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CannotUndo {
    /// In words.
    pub sentence: String,
    /// How many changes.
    pub count: usize,
}

/// A plan, to be looked at before it is confirmed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PreviewView {
    /// The number of the plan, and of the run that it becomes.
    pub id: i64,
    /// Where it stands: `Preview` until it is confirmed.
    pub state: RunState,
    /// Who planned it.
    pub author: String,
    /// When.
    pub planned: Moment,
    /// How old the mirror was.
    pub mirror_age: Option<Moment>,
    /// What was selected, in words.
    pub selected: String,
    /// Conversations selected.
    pub conversations: usize,
    /// Conversations that will change.
    pub changing: usize,
    /// Conversations in which everything already is so.
    pub already: usize,
    /// Single changes that will be sent, one request each.
    pub changes: usize,
    /// The price on one line: what changes, requests, time, share of the day.
    pub line: String,
    /// How long it takes, worded.
    pub duration: String,
    /// Whether it ends within today's allowance.
    pub fits_today: bool,
    /// What changes, by kind.
    pub groups: Vec<ChangeGroup>,
    /// What Hiver cannot undo.
    pub cannot_undo: Vec<CannotUndo>,
    /// The note's text, where one is added.
    pub note: Option<String>,
    /// Conversations that changed since the plan was made.
    pub stale: usize,
    /// The conversations on the page, with their changes.
    pub rows: Vec<PlannedRow>,
    /// The first conversations in which everything already is so.
    pub already_rows: Vec<PlannedRow>,
    /// The page, from 1.
    pub page: usize,
    /// How many pages there are.
    pub pages: usize,
    /// The list that it came from, to go back to.
    pub back: String,
    /// When it would end, and where the day's limit interrupts it, in words.
    pub schedule: String,
    /// The run that it takes back.
    pub undo_of: Option<i64>,
    /// How far asking Hiver for an undo is, while it goes on.
    pub reading: Option<RunProgressView>,
    /// What an undo leaves as it is.
    pub left_out: Vec<LeftOutView>,
    /// The tags that are made first.
    pub new_tags: Vec<String>,
    /// Runs that have something to come for conversations of the plan, with how many.
    pub meets: Vec<(i64, usize)>,
}

/// Something that an undo leaves as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOutView {
    /// How many of what and why, in words.
    pub sentence: String,
    /// Whether somebody changed it since.
    pub conflict: bool,
    /// The first of them: Hiver's id of the conversation, its subject, what was done to it.
    pub first: Vec<(String, Option<String>, String)>,
    /// How many more there are.
    pub more: usize,
}

/// A conversation of a plan: what changes about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedRow {
    /// Hiver's id.
    pub conversation: String,
    /// Its subject.
    pub subject: Option<String>,
    /// Its changes.
    pub changes: Vec<PlannedChangeView>,
    /// Where they are explained, if rules asked for them.
    pub why: Option<String>,
}

/// A change of a plan in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedChangeView {
    /// What is changed, e.g. `assignee`.
    pub what: String,
    /// The state before; nothing where there is none to show.
    pub before: Option<String>,
    /// The state after.
    pub after: String,
    /// Whether it already is so.
    pub already: bool,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunView {
    /// The live part.
    pub progress: RunProgressView,
    /// Who confirmed it.
    pub author: String,
    /// The page of the rule that wanted it, where one did.
    pub rule: Option<String>,
    /// What it does, in words.
    pub title: String,
    /// What was selected, in words.
    pub selected: String,
    /// When it was confirmed.
    pub confirmed: Option<Moment>,
    /// What went wrong, by reason, the most frequent first.
    pub problems: Vec<Problem>,
    /// The page of changes.
    pub rows: Vec<ChangeView>,
    /// The outcome that the rows are narrowed to.
    pub outcome: Option<Outcome>,
    /// The page, from 1.
    pub page: usize,
    /// How many pages there are.
    pub pages: usize,
    /// What taking it back costs to prepare, in words; nothing where there is nothing to take back.
    pub undo: Option<String>,
    /// The run that it takes back.
    pub undo_of: Option<i64>,
    /// Plans and runs that take it back, newest first.
    pub undone_by: Vec<(i64, RunState)>,
    /// The tags that it makes first, each with how far it is.
    pub new_tags: Vec<(String, String)>,
}

/// How a run stands; sent again and again while it goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunProgressView {
    /// Its number.
    pub id: i64,
    /// Where it stands.
    pub state: RunState,
    /// Whether somebody asked it to stop and it is about to.
    pub cancelling: bool,
    /// Whether somebody asked it to pause and it is about to.
    pub pausing: bool,
    /// Whether it waits behind others that it could go before.
    pub may_go_ahead: bool,
    /// Why it is paused.
    pub pause_reason: Option<String>,
    /// Changes by outcome, in the order of the bar.
    pub counts: Vec<(Outcome, u32)>,
    /// How long it has taken or will still take, worded.
    pub time: String,
    /// Requests per second right now, worded, while it goes on.
    pub rate: Option<String>,
    /// Requests to come and when it will end, worded, while it goes on.
    pub schedule: Option<String>,
    /// Changes that have turned since the last time: place, outcome, reason.
    pub turned: Vec<(i32, Outcome, Option<String>)>,
    /// Whether changes may have turned that are not among these: then the list has to be read again.
    pub missed: bool,
}

/// A reason why changes did not happen, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The outcome that they share.
    pub outcome: Outcome,
    /// Why.
    pub reason: String,
    /// How many.
    pub count: usize,
}

/// A change of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeView {
    /// Its place in the run.
    pub seq: i32,
    /// Hiver's id of the conversation.
    pub conversation: String,
    /// Its subject.
    pub subject: Option<String>,
    /// The change in words.
    pub change: String,
    /// How it stands.
    pub outcome: Outcome,
    /// Why, where that needs saying.
    pub reason: Option<String>,
    /// Who decided about it after the run had given it up.
    pub decided_by: Option<String>,
    /// The conversation's page in Hiver, where that is known.
    pub link: Option<String>,
    /// Where it is explained, if a rule asked for it.
    pub why: Option<String>,
}

/// A line in the list of runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunLine {
    /// How it stands.
    pub progress: RunProgressView,
    /// Who confirmed it.
    pub author: String,
    /// The page of the rule that wanted it, where one did.
    pub rule: Option<String>,
    /// What it does, in words.
    pub title: String,
    /// When it was confirmed.
    pub confirmed: Option<Moment>,
}

/// A page of runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunList {
    /// The lines, newest first.
    pub runs: Vec<RunLine>,
    /// The page, from 1.
    pub page: usize,
    /// How many pages there are.
    pub pages: usize,
}

/// A conversation and what was done to it from here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConversationView {
    /// The row.
    pub row: ConversationRow,
    /// When the mirror last saw it change.
    pub changed: Moment,
    /// Whether `changed` is Hiver's time (else the mirror's).
    pub changed_from_hiver: bool,
    /// Its page in Hiver, where that is known.
    pub link: Option<String>,
    /// What was done to it from here, newest first.
    pub history: Vec<HistoryLine>,
}

/// Something that was done to a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HistoryLine {
    /// The run.
    pub run: i64,
    /// Who wanted it.
    pub author: String,
    /// When.
    pub at: Option<Moment>,
    /// The change.
    pub change: ChangeView,
}

/// The connection, as settings and set-up show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionView {
    /// Where requests go.
    pub base_url: String,
    /// The dialect.
    pub dialect: String,
    /// The last four characters of the key in use.
    pub key_hint: Option<String>,
    /// Where the key comes from: the environment, the database, the demo, or nowhere.
    pub key_source: KeySource,
    /// What is wrong, if anything.
    pub trouble: Option<Trouble>,
    /// Requests per second that are allowed, worded.
    pub rate: String,
    /// Requests per day that are allowed.
    pub per_day: Option<u32>,
}

/// Where the key in use comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeySource {
    /// There is none.
    Missing,
    /// `HIVER_API_KEY`.
    Environment,
    /// The database, sealed.
    Stored,
    /// The demo's own simulator.
    Demo,
}

/// What became of checking a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyCheck {
    /// Whether Hiver accepted it.
    pub accepted: bool,
    /// In words: what happened and what to do.
    pub message: String,
    /// The mailboxes that it opens.
    pub mailboxes: Vec<String>,
}
