//! How numbers and changes are worded.

use triage::text::{age, count, duration, percent, plural};

#[test]
fn numbers_are_worded_once() {
    for (number, expected) in [
        (0, "0"),
        (312, "312"),
        (1_234, "1,234"),
        (100_000, "100,000"),
        (u64::MAX, "18,446,744,073,709,551,615"),
    ] {
        assert_eq!(count(number), expected);
    }
    for (number, noun, expected) in [
        (0, "conversation", "0 conversations"),
        (1, "conversation", "1 conversation"),
        (1_234, "conversation", "1,234 conversations"),
        (2, "mailbox", "2 mailboxes"),
        (2, "status", "2 statuses"),
        (2, "query", "2 queries"),
        (2, "day", "2 days"),
        (2, "batch", "2 batches"),
        (2, "note", "2 notes"),
    ] {
        assert_eq!(plural(number, noun), expected);
    }
    for (seconds, expected) in [
        (0.0, "0 s"),
        (-1.0, "0 s"),
        (f64::NAN, "0 s"),
        (0.2, "1 s"),
        (59.4, "59 s"),
        (60.0, "1 min"),
        (624.0, "10 min 24 s"),
        (3_600.0, "1 h"),
        (3_725.0, "1 h 2 min"),
        (3_601.0, "1 h"),
        (90_000.0, "1 d 1 h"),
        (f64::MAX, "over a year"),
    ] {
        assert_eq!(duration(seconds), expected, "{seconds}");
    }
    for (milliseconds, expected) in [
        (-5, "just now"),
        (59_999, "just now"),
        (60_000, "1 min"),
        (3_599_999, "59 min"),
        (5 * 3_600_000, "5 h"),
        (86_399_999, "23 h"),
        (3 * 86_400_000, "3 d"),
        (1_500 * 86_400_000, "1,500 d"),
        (i64::MIN, "just now"),
    ] {
        assert_eq!(age(milliseconds), expected, "{milliseconds}");
    }
    for (share, expected) in [
        (0.0, "0 %"),
        (0.001, "under 1 %"),
        (0.1248, "12 %"),
        (0.999, "over 99 %"),
        (1.0, "100 %"),
        (12.5, "1,250 %"),
        (f64::NAN, "0 %"),
    ] {
        assert_eq!(percent(share), expected, "{share}");
    }
}

mod with_a_directory {
    use triage::{
        actions::{Before, Change},
        model::{Assignee, Status},
        plan::{LeftOutReason, Summary, UndoImpossible, price},
        text,
    };

    use crate::support::{directory, somebody};

    #[test]
    fn changes_read_as_commands_and_as_before_and_after() {
        let cases = [
            (
                Change::Assign("u_ana".into()),
                "Assign to Ana Ruiz",
                "Ana Ruiz",
            ),
            (
                Change::Assign("u_gone".into()),
                "Assign to u_gone",
                "u_gone",
            ),
            (
                Change::AddTag("t_billing".into()),
                "Add tag billing",
                "tagged billing",
            ),
            (
                Change::RemoveTag("t_gone".into()),
                "Remove tag t_gone",
                "not tagged t_gone",
            ),
            (
                Change::SetStatus(Status::Closed),
                "Set status closed",
                "closed",
            ),
            (Change::AddNote("Thanks".to_owned()), "Add note", "note"),
        ];
        for (change, command, after) in cases {
            assert_eq!(text::change(&change, &directory()), command);
            assert_eq!(text::after(&change, &directory()), after);
            assert!(command.starts_with(text::change_kind(change.kind())));
        }
        let named = Assignee::User {
            id: Some("u_gone".into()),
            name: Some("Gone".to_owned()),
        };
        let cases = [
            (Before::Assignee(Assignee::Nobody), "nobody"),
            (Before::Assignee(Assignee::Unknown), "unknown"),
            (Before::Assignee(somebody("u_ana")), "Ana Ruiz"),
            (Before::Assignee(somebody("u_gone")), "u_gone"),
            (Before::Assignee(named), "Gone"),
            (Before::HasTag(None), "unknown"),
            (Before::HasTag(Some(true)), "tagged"),
            (Before::HasTag(Some(false)), "not tagged"),
            (Before::Status(Some(Status::Pending)), "pending"),
            (Before::Status(None), "unknown"),
            (Before::Nothing, ""),
        ];
        for (before, expected) in cases {
            assert_eq!(text::before(&before, &directory()), expected);
        }
    }

    #[test]
    fn the_price_stands_on_one_line() {
        let mut summary = Summary {
            will_change: 312,
            already: 88,
            ..Summary::default()
        };
        assert_eq!(
            text::price_line(&summary, &price(624, 1.0, Some(5_000), 0)),
            "312 will change · 88 already so · 624 requests · 10 min 24 s · 12 % of today"
        );
        summary.already = 0;
        assert_eq!(
            text::price_line(&summary, &price(1, 5.0, None, 0)),
            "312 will change · 1 request · 1 s"
        );
    }

    #[test]
    fn what_stays_is_said_plainly() {
        assert_eq!(
            text::cannot_be_undone(UndoImpossible::NoteStays, 12),
            "12 notes stay: Hiver cannot delete notes"
        );
        assert_eq!(
            text::cannot_be_undone(UndoImpossible::StatusUnknown, 1),
            "1 status change stays: the status before is not known"
        );
        assert_eq!(
            text::left_out(LeftOutReason::ChangedSince, 2),
            "2 changes left alone: somebody changed the conversation since"
        );
    }
}
