//! All eleven calls against the simulator, which was written from the same contract and shares no code.

use hiver::{Assignee, ConversationQuery, ErrorKind, Hiver, Lane, Settings, Status, TagRef};
use hiver_sim::{Options, Running, Simulator, WireOptions};

type Problem = Box<dyn std::error::Error>;

async fn connected(wire: WireOptions) -> Result<(Running, Hiver), Problem> {
    let options = Options {
        wire,
        ..Options::unlimited(230)
    };
    let running = Simulator::spawn(options.clone()).await?;
    let hiver = Hiver::new(Settings {
        base_url: running.base_url(),
        requests_per_second: 500.0,
        ..Settings::tutorial(options.key.into())
    })?;
    Ok((running, hiver))
}

#[tokio::test]
async fn all_eleven_calls_mean_the_same_on_both_sides() {
    let (running, hiver) = connected(WireOptions::default()).await.unwrap();
    let on = hiver.on(Lane::Click);

    let mailboxes = on.mailboxes().collect_all().await.unwrap().items;
    let users = on.users().collect_all().await.unwrap().items;
    let tags = on.tags().collect_all().await.unwrap().items;
    let state = running.simulator().state();
    assert_eq!(mailboxes.len(), state.mailboxes.len());
    assert_eq!(users.len(), state.users.len());
    assert_eq!(tags.len(), state.tags.len());

    let listed = on
        .conversations(ConversationQuery {
            limit: Some(7),
            ..ConversationQuery::default()
        })
        .collect_all()
        .await
        .unwrap();
    assert_eq!(listed.skipped, []);
    let ids: std::collections::BTreeSet<_> =
        listed.items.iter().map(|one| one.id.clone()).collect();
    assert_eq!((ids.len(), listed.items.len()), (230, 230));

    let open = ConversationQuery {
        mailbox: Some(mailboxes[0].id.clone()),
        status: Some(Status::Open),
        ..ConversationQuery::default()
    };
    let conversation = on.conversations(open).collect_all().await.unwrap().items[0].clone();
    let id = &conversation.id;
    assert_eq!(conversation.mailbox.as_ref(), Some(&mailboxes[0].id));

    let made = on.create_tag("made here").await.unwrap();
    on.assign(id, &users[1].id).await.unwrap();
    on.add_tag(id, &made.id).await.unwrap();
    on.add_tag(id, &tags[0].id).await.unwrap();
    on.remove_tag(id, &tags[0].id).await.unwrap();
    on.set_status(id, &Status::Closed).await.unwrap();
    on.add_note(id, "Two lines,\n\"quoted\" & <b>plain</b>.")
        .await
        .unwrap();

    let now = on.conversation(id).await.unwrap();
    assert_eq!(now.status, Some(Status::Closed));
    assert_eq!(now.assignee.id(), Some(&users[1].id));
    let tagged = now.tags.unwrap();
    assert!(tagged.iter().any(|tag| tag.id() == Some(&made.id)));
    assert!(!tagged.iter().any(|tag| tag.id() == Some(&tags[0].id)));
    let notes = running.simulator().conversation(id.as_str()).unwrap().notes;
    assert_eq!(notes.len(), 1);
    assert_eq!(notes[0].body, "Two lines,\n\"quoted\" & <b>plain</b>.");
}

#[tokio::test]
async fn other_shapes_that_the_contract_allows_are_read_alike() {
    let wire = WireOptions {
        wrapped: true,
        bare_mailboxes: true,
        times: true,
        ..WireOptions::default()
    };
    let (running, hiver) = connected(wire).await.unwrap();
    let on = hiver.on(Lane::Click);
    assert_eq!(on.mailboxes().collect_all().await.unwrap().items.len(), 3);
    on.check().await.unwrap();
    let listed = on
        .conversations(ConversationQuery::default())
        .page(None)
        .await
        .unwrap();
    let first = on.conversation(&listed.items[0].id).await.unwrap();
    assert_eq!(first, listed.items[0]);
    assert!(first.created_at.is_some());
    assert_eq!(on.create_tag("wrapped").await.unwrap().name, "wrapped");

    running.simulator().set_wire(WireOptions {
        sparse: true,
        ..WireOptions::default()
    });
    let sparse = on
        .conversations(ConversationQuery::default())
        .collect_all()
        .await
        .unwrap();
    assert_eq!(sparse.skipped, []);
    assert!(
        sparse
            .items
            .iter()
            .all(|row| row.tags.is_none() && row.status.is_none())
    );
    let named = |row: &hiver::Conversation| {
        matches!(
            row.assignee,
            Assignee::Someone {
                id: None,
                name: Some(_)
            }
        )
    };
    assert!(sparse.items.iter().any(named));
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let (running, hiver) = connected(WireOptions::default()).await.unwrap();
    let on = hiver.on(Lane::Click);
    let missing = on.conversation(&"cnv_none".into()).await.unwrap_err();
    assert!(
        matches!(missing.kind(), ErrorKind::NotFound { .. }),
        "{missing}"
    );
    let listed = on
        .conversations(ConversationQuery::default())
        .page(None)
        .await
        .unwrap();
    let id = &listed.items[0].id;
    let nobody = on.assign(id, &"usr_none".into()).await.unwrap_err();
    assert!(
        matches!(nobody.kind(), ErrorKind::BadRequest { .. }),
        "{nobody}"
    );
    let no_tag = on.add_tag(id, &"tag_none".into()).await.unwrap_err();
    assert!(
        matches!(no_tag.kind(), ErrorKind::NotFound { .. }),
        "{no_tag}"
    );
    running.simulator().set_key_active(false);
    let inactive = on.check().await.unwrap_err();
    let ErrorKind::Unauthorized { reason, .. } = inactive.kind() else {
        panic!("{inactive}");
    };
    assert_eq!(*reason, hiver::UnauthorizedReason::NotActivated);
    let tags = listed
        .items
        .iter()
        .filter_map(|row| row.tags.as_ref())
        .flatten();
    assert!(
        tags.into_iter()
            .all(|tag| matches!(tag, TagRef::Object { id: Some(_), .. }))
    );
}
