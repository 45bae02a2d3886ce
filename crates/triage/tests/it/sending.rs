//! What follows an answer, a crash or a read.

use std::time::Duration;

use triage::{
    actions::{Before, Change, ChangeKind},
    model::{Assignee, Conversation, Status},
    outcome::{
        AfterRead, Answer, FailReason, MAX_ATTEMPTS, Next, Restart, UncertainReason, after_answer,
        after_read, after_restart, backoff,
    },
};

use crate::support::{conversation, somebody};

#[test]
fn each_answer_has_one_meaning() {
    let refused = Answer::Refused {
        reason: "no such tag".to_owned(),
    };
    let is_refused = Next::Failed(FailReason::Refused("no such tag".to_owned()));
    let again = |attempt| Next::RetryAfter { attempt };
    // Answer; then what follows for a set change and for a note, on the first attempt and on the last.
    let cases = [
        (
            Answer::Accepted,
            [Next::Done, Next::Done],
            [Next::Done, Next::Done],
        ),
        (
            Answer::RateLimited,
            [Next::HoldAndRetry, Next::HoldAndRetry],
            [Next::HoldAndRetry, Next::HoldAndRetry],
        ),
        (
            Answer::Unauthorized,
            [Next::PauseRun, Next::PauseRun],
            [Next::PauseRun, Next::PauseRun],
        ),
        (
            refused,
            [is_refused.clone(), is_refused.clone()],
            [is_refused.clone(), is_refused],
        ),
        (
            Answer::NeverSent,
            [again(1), again(1)],
            [
                Next::Failed(FailReason::NeverSent),
                Next::Failed(FailReason::NeverSent),
            ],
        ),
        (
            Answer::ServerError,
            [again(1), Next::Uncertain(UncertainReason::ServerError)],
            [
                Next::Failed(FailReason::ServerError),
                Next::Uncertain(UncertainReason::ServerError),
            ],
        ),
        (
            Answer::Unknown,
            [again(1), Next::Uncertain(UncertainReason::NoAnswer)],
            [
                Next::Failed(FailReason::NoAnswer),
                Next::Uncertain(UncertainReason::NoAnswer),
            ],
        ),
    ];
    for (answer, [set_first, note_first], [set_last, note_last]) in cases {
        for kind in ChangeKind::ALL {
            let is_note = kind == ChangeKind::AddNote;
            let (first, last) = if is_note {
                (&note_first, &note_last)
            } else {
                (&set_first, &set_last)
            };
            assert_eq!(after_answer(kind, 1, &answer), *first, "{kind} {answer:?}");
            assert_eq!(
                after_answer(kind, MAX_ATTEMPTS, &answer),
                *last,
                "{kind} {answer:?}"
            );
        }
    }
}

#[test]
fn a_change_found_on_its_way_is_resent_only_while_it_is_young() {
    let cases = [
        (0, Restart::SendAgain),
        (29_999, Restart::SendAgain),
        (30_000, Restart::ReadFirst),
        (i64::MAX, Restart::ReadFirst),
        (-1, Restart::ReadFirst),
    ];
    for (sent_ms_ago, expected) in cases {
        for kind in ChangeKind::ALL {
            let expected = if kind == ChangeKind::AddNote {
                Restart::Uncertain
            } else {
                expected
            };
            assert_eq!(
                after_restart(kind, sent_ms_ago),
                expected,
                "{kind} {sent_ms_ago}"
            );
        }
    }
}

#[test]
fn a_read_tells_done_from_not_done_from_a_colleague() {
    let with_status = |status: Option<Status>| Conversation {
        status,
        ..conversation("c1")
    };
    let with_assignee = |assignee: Assignee| Conversation {
        assignee,
        ..conversation("c1")
    };
    let with_tags = |tags: Option<Vec<&str>>| Conversation {
        tags: tags.map(|tags| tags.into_iter().map(Into::into).collect()),
        ..conversation("c1")
    };
    let close = Change::SetStatus(Status::Closed);
    let assign = Change::Assign("u_ana".into());
    let tag = Change::AddTag("t".into());
    let untag = Change::RemoveTag("t".into());
    let was_open = Before::Status(Some(Status::Open));
    let was_nobody = Before::Assignee(Assignee::Nobody);
    let cases = [
        (
            &was_open,
            &close,
            with_status(Some(Status::Closed)),
            AfterRead::AlreadyDone,
        ),
        (
            &was_open,
            &close,
            with_status(Some(Status::Open)),
            AfterRead::SendAgain,
        ),
        (
            &was_open,
            &close,
            with_status(Some(Status::Pending)),
            AfterRead::ChangedMeanwhile,
        ),
        (&was_open, &close, with_status(None), AfterRead::CannotTell),
        (
            &Before::Status(None),
            &close,
            with_status(Some(Status::Open)),
            AfterRead::SendAgain,
        ),
        (
            &was_nobody,
            &assign,
            with_assignee(somebody("u_ana")),
            AfterRead::AlreadyDone,
        ),
        (
            &was_nobody,
            &assign,
            with_assignee(Assignee::Nobody),
            AfterRead::SendAgain,
        ),
        (
            &was_nobody,
            &assign,
            with_assignee(somebody("u_ben")),
            AfterRead::ChangedMeanwhile,
        ),
        (
            &was_nobody,
            &assign,
            with_assignee(Assignee::Unknown),
            AfterRead::CannotTell,
        ),
        (
            &Before::Assignee(Assignee::Unknown),
            &assign,
            with_assignee(somebody("u_ben")),
            AfterRead::SendAgain,
        ),
        (
            &Before::HasTag(Some(false)),
            &tag,
            with_tags(Some(vec!["t"])),
            AfterRead::AlreadyDone,
        ),
        (
            &Before::HasTag(Some(false)),
            &tag,
            with_tags(Some(vec![])),
            AfterRead::SendAgain,
        ),
        (
            &Before::HasTag(Some(true)),
            &untag,
            with_tags(Some(vec![])),
            AfterRead::AlreadyDone,
        ),
        (
            &Before::HasTag(None),
            &untag,
            with_tags(Some(vec!["t"])),
            AfterRead::SendAgain,
        ),
    ];
    for (before, wanted, now, expected) in cases {
        assert_eq!(
            after_read(before, wanted, &now),
            expected,
            "{before:?} {wanted:?} {now:?}"
        );
    }
    let note = Change::AddNote("x".to_owned());
    assert_eq!(
        after_read(&Before::Nothing, &note, &conversation("c1")),
        AfterRead::CannotTell,
        "a read never sends a note again"
    );
}

#[test]
fn waits_double_up_to_half_a_minute() {
    let cases = [
        (0, 1_000),
        (1, 1_000),
        (2, 2_000),
        (3, 4_000),
        (6, 30_000),
        (u32::MAX, 30_000),
    ];
    for (attempt, longest) in cases {
        let longest = Duration::from_millis(longest);
        assert_eq!(backoff(attempt, 1.0), longest, "{attempt}");
        assert_eq!(backoff(attempt, 0.0), longest / 2, "{attempt}");
    }
    assert_eq!(backoff(1, f64::NAN), Duration::from_millis(500));
    assert_eq!(backoff(1, 7.0), Duration::from_secs(1));
}
