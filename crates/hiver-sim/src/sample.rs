//! The sample account: what is in it before anybody does anything. The same seed gives the same account.

use std::sync::Arc;

use crate::{
    Options, Subject, ids,
    rng::Random,
    world::{Access, Conversation, Mailbox, Status, Tag, User, World},
};

const MAILBOXES: [(&str, &str); 3] = [
    ("Support", "support@northbank.example"),
    ("Cards", "cards@northbank.example"),
    ("Billing", "billing@northbank.example"),
];
const EMPTY_MAILBOX: (&str, &str) = ("Archive", "archive@northbank.example");
const SUPPORT: u16 = 0;
const CARDS: u16 = 1;
const BILLING: u16 = 2;

const USERS: [(&str, &str); 8] = [
    ("Ana Ruiz", "ana.ruiz"),
    ("Siobhán O'Connor", "siobhan.oconnor"),
    ("Kwame Mensah", "kwame.mensah"),
    ("Priya Raghunathan", "priya.raghunathan"),
    ("Tomasz Wiśniewski", "tomasz.wisniewski"),
    ("Yuki Tanaka", "yuki.tanaka"),
    ("Fatima al-Zahrani", "fatima.alzahrani"),
    (
        "Maximiliana Featherstonehaugh-Konstantinopoulou de la Vega",
        "maximiliana.featherstonehaugh",
    ),
];

/// The name of a tag, how likely a conversation has it, and the words of a label that make it so. Without
/// words it can be on any conversation.
const TAGS: [(&str, f64, &[&str]); 12] = [
    (
        "billing",
        0.25,
        &["payment", "refund", "fee", "charge", "top_up", "topping_up"],
    ),
    (
        "technical",
        0.3,
        &["not_working", "failed", "passcode", "app", "verify"],
    ),
    ("vip", 0.04, &[]),
    ("needs reply", 0.06, &[]),
    ("card arrival", 0.5, &["card_arrival", "card_delivery"]),
    ("refund", 0.4, &["refund", "reverted"]),
    ("transfer", 0.3, &["transfer", "receiving_money"]),
    ("top up", 0.3, &["top_up", "topping_up"]),
    (
        "fraud",
        0.5,
        &["compromised", "lost_or_stolen", "not_recognised"],
    ),
    ("identity", 0.4, &["identity", "source_of_funds"]),
    ("escalated", 0.03, &[]),
    ("feedback", 0.01, &[]),
];

/// From this size on the account has a handful of awkward subjects.
const AWKWARD_FROM: usize = 200;
const AWKWARD: [&str; 6] = [
    "<script>alert(1)</script>",
    "لم تصل بطاقتي حتى الآن، هل يمكنكم المساعدة؟",
    "הכרטיס שלי עדיין לא הגיע",
    "💳🔥 card on fire 👩‍👩‍👧‍👦 please help 🙏🏽",
    "\"quoted\" & 'single' \\ back\\slash",
    "=HYPERLINK(\"http://example.test\",\"Open me\")",
];

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const SPREAD_MS: i64 = 60 * DAY_MS;

/// The literal ids of the tutorial's examples.
const TUTORIAL_MAILBOX: &str = "mb_01HXYZ";
const TUTORIAL_USERS: [&str; 3] = ["usr_01BILLING", "usr_01HABC", "usr_01TECH"];

/// Builds the account of `options` as it stood at `base_ms` (milliseconds since 1970).
pub(crate) fn build(options: &Options, subjects: &[Subject], base_ms: i64) -> World {
    let seed = options.seed;
    let mut world = World::new(seed, mailboxes(options), users(options), tags(seed));
    let mut order: Vec<usize> = (0..subjects.len()).collect();
    Random::for_item(seed, "order", 0).shuffle(&mut order);
    let texts: Vec<Arc<str>> = subjects.iter().map(|s| s.text.as_str().into()).collect();
    let total = options.conversations;
    for number in 0..total {
        let subject = order.get(number % order.len().max(1)).copied();
        let label = subject.map_or("", |subject| subjects[subject].label.as_str());
        let text = subject.map(|subject| texts[subject].clone());
        let text = awkward(number, total).unwrap_or(text);
        world.push(conversation(seed, number, total, label, text, base_ms));
    }
    leave_some_for_everybody(&mut world);
    world
}

fn mailboxes(options: &Options) -> Vec<Mailbox> {
    let mut named = MAILBOXES.to_vec();
    if options.empty_mailbox {
        named.push(EMPTY_MAILBOX);
    }
    let mailboxes = named
        .into_iter()
        .enumerate()
        .map(|(number, (name, email))| {
            let id = match number {
                0 if options.tutorial_ids => TUTORIAL_MAILBOX.to_owned(),
                _ => ids::id("mb", options.seed, number),
            };
            let (name, email) = (name.to_owned(), email.to_owned());
            Mailbox {
                id,
                name,
                email,
                access: Access::Full,
            }
        });
    mailboxes.collect()
}

fn users(options: &Options) -> Vec<User> {
    let users = USERS
        .into_iter()
        .enumerate()
        .map(|(number, (name, local_part))| {
            let literal = TUTORIAL_USERS.get(number).filter(|_| options.tutorial_ids);
            let id = literal.map(|id| (*id).to_owned());
            User {
                id: id.unwrap_or_else(|| ids::id("usr", options.seed, number)),
                name: name.to_owned(),
                email: format!("{local_part}@northbank.example"),
                gone: false,
            }
        });
    users.collect()
}

fn tags(seed: u64) -> Vec<Tag> {
    let tags = TAGS
        .into_iter()
        .enumerate()
        .map(|(number, (name, ..))| Tag {
            id: ids::id("tag", seed, number),
            name: name.to_owned(),
            gone: false,
        });
    tags.collect()
}

fn conversation(
    seed: u64,
    number: usize,
    total: usize,
    label: &str,
    subject: Option<Arc<str>>,
    base_ms: i64,
) -> Conversation {
    let mut random = Random::for_item(seed, "conversation", number as u64);
    // 0 for the oldest, 1 for the newest: what came in lately is more often open.
    let newness = (number as f64 + random.fraction()) / total as f64;
    let draw = random.fraction();
    let open = 0.1 + 0.6 * newness;
    let status = match draw {
        draw if draw < open => Status::Open,
        draw if draw < open + 0.15 => Status::Pending,
        _ => Status::Closed,
    };
    let nobody = if status == Status::Open { 0.2 } else { 0.05 };
    let somebody = u16::try_from(random.below(USERS.len())).unwrap_or(0);
    let assignee = Some(somebody).filter(|_| !random.chance(nobody));
    let label = label.to_lowercase();
    let mut tags = Vec::new();
    for (tag, (_, probability, words)) in (0_u16..).zip(TAGS) {
        let suits = words.is_empty() || words.iter().any(|word| label.contains(word));
        if random.chance(probability) && suits {
            tags.push(tag);
        }
    }
    let age_ms = ((1.0 - newness) * SPREAD_MS as f64) as i64;
    let created_ms = base_ms - age_ms;
    let worked_ms = (random.fraction() * (3 * DAY_MS) as f64) as i64;
    Conversation {
        id: ids::id("cnv", seed, number).into(),
        mailbox: mailbox_for(&label, &mut random),
        subject,
        status,
        assignee,
        tags,
        created_ms,
        updated_ms: (created_ms + worked_ms).min(base_ms),
    }
}

/// Which mailbox a label belongs to. Money goes before cards: `card_payment_fee_charged` is about the fee.
fn mailbox_for(label: &str, random: &mut Random) -> u16 {
    const MONEY: [&str; 7] = [
        "transfer",
        "payment",
        "refund",
        "fee",
        "top_up",
        "topping_up",
        "charge",
    ];
    const CARD: [&str; 6] = [
        "card",
        "pin",
        "contactless",
        "visa",
        "atm",
        "cash_withdrawal",
    ];
    let about = |words: &[&str]| words.iter().any(|word| label.contains(word));
    if label.is_empty() {
        u16::try_from(random.below(MAILBOXES.len())).unwrap_or(SUPPORT)
    } else if about(&MONEY) {
        BILLING
    } else if about(&CARD) {
        CARDS
    } else {
        SUPPORT
    }
}

/// The awkward subject of this conversation, if it shall have one; they sit among the newest.
fn awkward(number: usize, total: usize) -> Option<Option<Arc<str>>> {
    let from_newest = total - number;
    if total < AWKWARD_FROM || from_newest < 10 || !(from_newest - 10).is_multiple_of(17) {
        return None;
    }
    let which = (from_newest - 10) / 17;
    if let Some(text) = AWKWARD.get(which) {
        return Some(Some((*text).into()));
    }
    match which - AWKWARD.len() {
        0 => Some(None),
        1 => Some(Some(long_subject().into())),
        _ => None,
    }
}

/// 2,000 characters.
fn long_subject() -> String {
    let sentence = "I wrote to you before and this is everything that has happened since. ";
    sentence.chars().cycle().take(2_000).collect()
}

/// Every mailbox that has open conversations has one that is nobody's: that is where the work is.
fn leave_some_for_everybody(world: &mut World) {
    for mailbox in 0..3 {
        let open: Vec<u32> = world.positions(mailbox, Status::Open).collect();
        let any_unassigned = open
            .iter()
            .any(|position| world.at(*position).assignee.is_none());
        if let (false, Some(position)) = (any_unassigned, open.last()) {
            world.edit(*position).assignee = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Subjects;

    fn sample(conversations: usize, seed: u64) -> World {
        let options = Options {
            conversations,
            seed,
            ..Options::default()
        };
        build(
            &options,
            &Subjects::Builtin.read().unwrap(),
            1_800_000_000_000,
        )
    }

    #[test]
    fn the_shares_are_as_described() {
        let world = sample(5_000, 1);
        let share = |wanted: &dyn Fn(&&Conversation) -> bool| {
            world.conversations().iter().filter(wanted).count() as f64 / 5_000.0
        };
        let open = share(&|c| c.status == Status::Open);
        assert!((0.37..0.43).contains(&open), "{open}");
        let pending = share(&|c| c.status == Status::Pending);
        assert!((0.13..0.17).contains(&pending), "{pending}");
        let nobodys = share(&|c| c.status == Status::Open && c.assignee.is_none()) / open;
        assert!((0.17..0.23).contains(&nobodys), "{nobodys}");
        for mailbox in 0..3 {
            let size = share(&|c| c.mailbox == mailbox);
            assert!(size > 0.15, "mailbox {mailbox} has {size}");
        }
    }

    #[test]
    fn even_a_small_mailbox_has_open_work_that_is_nobodys() {
        for seed in 0..20 {
            let world = sample(60, seed);
            for mailbox in 0..3 {
                let mut open = world.positions(mailbox, Status::Open).peekable();
                assert!(
                    open.peek().is_none() || open.any(|p| world.at(p).assignee.is_none()),
                    "seed {seed}, mailbox {mailbox}"
                );
            }
        }
    }

    #[test]
    fn awkward_subjects_come_with_size() {
        let subjects = |world: &World| -> Vec<Option<String>> {
            let all = world.conversations().iter();
            all.map(|c| c.subject.as_deref().map(str::to_owned))
                .collect()
        };
        let large = subjects(&sample(200, 3));
        for text in AWKWARD {
            assert_eq!(
                large.iter().filter(|s| s.as_deref() == Some(text)).count(),
                1,
                "{text}"
            );
        }
        assert_eq!(large.iter().filter(|s| s.is_none()).count(), 1);
        assert!(large.iter().flatten().any(|s| s.chars().count() == 2_000));
        assert!(
            subjects(&sample(199, 3))
                .iter()
                .flatten()
                .all(|s| s.chars().count() < 500)
        );
    }

    #[test]
    fn subjects_repeat_when_there_are_not_enough() {
        let options = Options {
            conversations: 5,
            ..Options::default()
        };
        let one = [Subject {
            text: "Hello".into(),
            label: String::new(),
        }];
        let world = build(&options, &one, 0);
        assert!(
            world
                .conversations()
                .iter()
                .all(|c| c.subject.as_deref() == Some("Hello"))
        );
    }

    #[test]
    fn times_grow_with_the_ids_and_end_at_the_base_time() {
        let world = sample(500, 9);
        let all = world.conversations();
        assert!(all.is_sorted_by_key(|c| c.created_ms));
        assert!(
            all.iter()
                .all(|c| c.created_ms <= c.updated_ms && c.updated_ms <= 1_800_000_000_000)
        );
        assert!(all[0].created_ms < 1_800_000_000_000 - 59 * DAY_MS);
    }
}
