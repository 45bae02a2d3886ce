//! `runs`: what is shown, what is sent, and how that is told, with and without a server.

use serde_json::{Value, json};
use triage::actions::Actions;
use triage::model::{RunId, Status};

use crate::house::{House, KEY, eventually, to_its_end};
use crate::support::Place;

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_started_sent_and_shown_without_a_server() {
    let house = House::new().await;
    house.plan_tags(3).await;
    assert_eq!(house.json(&["runs", "list", "--json"]).await, json!([]));
    let tag = house.sim().state().tags[0].clone();
    let shown = house.run(&["runs", "show", "1"]).await;
    let title = format!("Add tag {}", tag.name);
    assert!(
        shown.out.starts_with(&format!(
            "Run 1 is a plan: 3 waiting.\n{title}\n3 conversations picked by hand\nby Ana\n"
        )),
        "{shown:?}"
    );

    let sent = house.run(&["runs", "start", "1"]).await;
    assert_eq!(
        (sent.code, sent.out.as_str(), sent.err.as_str()),
        (0, "Run 1 is finished: 3 done.\n", "")
    );
    assert_eq!((house.tagged(), house.writes().len()), (3, 3));

    let listed = house.run(&["runs", "list"]).await;
    let columns: Vec<&str> = listed.out.trim_end().split('\t').collect();
    assert_eq!(columns.len(), 6, "{listed:?}");
    assert_eq!(columns[..3], ["1", "finished", "3 done"]);
    assert_eq!(columns[4..], ["Ana", &title]);
    let mut run = house.json(&["runs", "show", "1", "--json"]).await;
    let changes = run.as_object_mut().unwrap().remove("changes").unwrap();
    assert_eq!(house.json(&["runs", "list", "--json"]).await, json!([run]));
    for at in ["confirmed_at", "started_at", "finished_at"] {
        let taken = run.as_object_mut().unwrap().remove(at).unwrap();
        assert!(taken.as_i64().unwrap() > 1_600_000_000_000, "{at}: {taken}");
    }
    assert_eq!(
        run,
        json!({
            "id": 1, "state": "finished", "author": "Ana", "title": title,
            "selected": "3 conversations picked by hand", "undo_of": null, "pause_reason": null,
            "outcomes": {
                "waiting": 0, "sending": 0, "done": 3, "unchanged": 0, "failed": 0, "uncertain": 0, "cancelled": 0,
            },
        })
    );
    let first = &changes[0];
    assert_eq!(changes.as_array().unwrap().len(), 3);
    for (field, expected) in [
        ("seq", json!(0)),
        ("change", json!({ "kind": "add_tag", "value": tag.id })),
        ("text", json!(title)),
        ("outcome", json!("done")),
        ("reason", Value::Null),
        ("attempts", json!(1)),
        ("decided_by", Value::Null),
    ] {
        assert_eq!(first[field], expected, "{field}");
    }
    let ids: Vec<String> = house.ids(3).iter().map(ToString::to_string).collect();
    assert!(ids.contains(&first["conversation"].as_str().unwrap().to_owned()));
    assert!(first["sent_at"].is_i64() && first["finished_at"].is_i64());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_said() {
    let house = House::new().await;
    house.plan_tags(2).await;
    for (arguments, words) in [
        (["show", "7"], "there is no run `7`\n  hint: "),
        (["resume", "7"], "there is no run 7"),
        (["resume", "1"], "1 is a plan that nobody has started"),
        (["undo", "1"], "1 is a plan that nobody has started"),
        (["retry", "1"], "1 is a plan that nobody has started"),
    ] {
        let refused = house.run(&[&["runs"], arguments.as_slice()].concat()).await;
        assert_eq!((refused.code, refused.out.as_str()), (1, ""), "{refused:?}");
        assert!(
            refused.err.starts_with(&format!("error: {words}")),
            "{refused:?}"
        );
    }
    for arguments in [
        ["resume", "first"].as_slice(),
        &["resume"],
        &["rename", "1"],
    ] {
        assert_eq!(house.run(&[&["runs"], arguments].concat()).await.code, 2);
    }
    let keyless = to_its_end(house.keyless(&["runs", "start", "1"]), "").await;
    assert_eq!(keyless.code, 1);
    assert!(
        keyless.err.contains("there is no key for Hiver\n  hint: "),
        "{keyless:?}"
    );
    assert!(house.writes().is_empty());
    let help = house.run(&["runs", "resume", "--help"]).await;
    assert!(help.out.contains("Exit codes:"), "{help:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_goes_on_after_a_kill() {
    let house = House::new().await;
    house.plan_tags(40).await;
    let killed = house.begin(&["runs", "start", "1"], "20");
    house.until_written(4).await;
    killed.signal("KILL");
    assert_eq!(killed.end().await.code, -1);
    let left = house.json(&["runs", "show", "1", "--json"]).await;
    assert_eq!(left["state"], "running", "nobody could say otherwise");

    let resumed = house.json(&["runs", "resume", "1", "--json"]).await;
    assert_eq!(
        (&resumed["state"], &resumed["outcomes"]["done"]),
        (&json!("finished"), &json!(40))
    );
    assert_eq!(house.tagged(), 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_is_tried_again() {
    let house = House::new().await;
    house.plan_tags(4).await;
    let first = house.ids(1)[0].to_string();
    let mailbox = house.sim().conversation(&first).unwrap().mailbox_id;
    let forbidden = (house.ids(4).iter())
        .filter(|id| house.sim().conversation(id.as_str()).unwrap().mailbox_id == mailbox)
        .count();
    let access = |access| house.sim().set_access(&mailbox, access).unwrap();
    access(hiver_sim::Access::Forbidden);
    let failed = house.run(&["runs", "start", "1"]).await;
    assert_eq!(failed.code, 3, "{failed:?}");
    assert!(
        failed.out.contains(&format!("{forbidden} failed")),
        "{failed:?}"
    );
    assert!(
        failed.out.contains("\n  "),
        "the reason is told: {failed:?}"
    );
    access(hiver_sim::Access::Full);
    let retried = house.run(&["runs", "retry", "1"]).await;
    assert_eq!(
        (retried.code, retried.out.as_str()),
        (0, "Run 1 is finished: 4 done.\n"),
        "{retried:?}"
    );
    let nothing = house.run(&["runs", "retry", "1"]).await;
    assert_eq!(nothing.code, 1);
    assert!(
        nothing
            .err
            .contains("run 1 is finished: nothing failed in it"),
        "{nothing:?}"
    );
    let shown = house.json(&["runs", "show", "1", "--json"]).await;
    let by: Vec<&Value> = shown["changes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|change| !change["decided_by"].is_null())
        .map(|change| &change["decided_by"])
        .collect();
    assert_eq!(by, vec!["command line"; forbidden]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_leaves_a_run_that_goes_on_later() {
    let house = House::new().await;
    house.plan_tags(30).await;
    house.sim().set_key_active(false);
    let refused = house.run(&["runs", "start", "1"]).await;
    assert_eq!(refused.code, 4, "{refused:?}");
    assert!(
        refused.out.contains("Run 1 is waiting: 30 waiting."),
        "{refused:?}"
    );
    assert!(house.writes().is_empty());

    house.sim().set_key_active(true);
    let begun = house.begin(&["runs", "resume", "1"], "20");
    house.until_written(2).await;
    house.sim().set_key_active(false);
    let paused = begun.end().await;
    assert_eq!(paused.code, 4, "{paused:?}");
    assert!(paused.out.contains("Run 1 is paused: "), "{paused:?}");
    house.sim().set_key_active(true);
    assert_eq!(house.run(&["runs", "resume", "1"]).await.code, 0);
    assert_eq!(house.tagged(), 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_cancelled_resumed_and_undone_through_a_server() {
    let house = House::new().await;
    let long = house.plan_tags(50).await;
    let with_status = |status| hiver_sim::ConversationChange {
        status: Some(status),
        ..hiver_sim::ConversationChange::default()
    };
    for id in house.ids(5) {
        let open = with_status(hiver_sim::Status::Open);
        house.sim().change_conversation(id.as_str(), open).unwrap();
    }
    let close = Actions {
        set_status: Some(Status::Closed),
        ..Actions::default()
    };
    let short = house.plan(5, close).await;
    let store = house.store().await;
    store
        .confirm_run(short, store::RunLane::Click, 1, "2026-11-23")
        .await
        .unwrap();
    assert!(store.request_pause(short).await.unwrap());
    assert!(store.pause_idle_run(short).await.unwrap());
    let closed = |house: &House| {
        let five = house.sim().state().conversations.into_iter().take(5);
        five.filter(|one| one.status == hiver_sim::Status::Closed)
            .count()
    };
    let serving = house.serve("20").await;

    let waiting = house.begin(&["runs", "start", &long.to_string(), "--json"], "500");
    house.until_written(3).await;
    let cancelled = house
        .run(&["runs", "cancel", &long.to_string(), "--json"])
        .await;
    assert_eq!(cancelled.code, 0, "{cancelled:?}");
    let cancelled: Value = serde_json::from_str(&cancelled.out).unwrap();
    assert_eq!(cancelled["state"], "cancelled");
    let told = waiting.end().await;
    assert_eq!(told.code, 3, "{told:?}");
    let told: Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!(told, cancelled);
    assert_eq!(told["outcomes"]["done"], json!(house.tagged()));

    let paused = house.run(&["runs", "start", &short.to_string()]).await;
    assert_eq!(paused.code, 4, "{paused:?}");
    assert!(paused.out.contains("A person paused it."), "{paused:?}");
    let resumed = house.run(&["runs", "resume", &short.to_string()]).await;
    assert_eq!(resumed.code, 0, "{resumed:?}");
    assert_eq!(closed(&house), 5);

    let preview = house
        .run(&["runs", "undo", &short.to_string(), "--preview"])
        .await;
    assert_eq!(preview.code, 0, "{preview:?}");
    assert!(
        preview.out.starts_with("Run 3 takes run 2 back: "),
        "{preview:?}"
    );
    assert!(
        preview
            .out
            .ends_with("Start it with `hiver-console runs start 3`.\n"),
        "{preview:?}"
    );
    assert_eq!(closed(&house), 5, "nothing is sent yet");
    // Somebody works on one of them in the meantime.
    let conflict = house.ids(5)[0].to_string();
    let pending = with_status(hiver_sim::Status::Pending);
    house.sim().change_conversation(&conflict, pending).unwrap();
    let undone = house
        .json(&["runs", "undo", &short.to_string(), "--json"])
        .await;
    assert_eq!(
        (&undone["state"], &undone["undo_of"], &undone["title"]),
        (&json!("finished"), &json!(2), &json!("Undo run 2"))
    );
    assert_eq!(undone["leaves"][0]["reason"], "changed_since", "{undone}");
    assert_eq!(undone["leaves"][0]["changes"], 1, "{undone}");
    assert_eq!(
        (closed(&house), &undone["outcomes"]["done"]),
        (0, &json!(4))
    );
    assert!(serving.terminate().0.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_undone_without_a_server() {
    let house = House::new().await;
    house.plan_tags(4).await;
    assert_eq!(house.run(&["runs", "start", "1"]).await.code, 0);
    let preview = house
        .json(&["runs", "undo", "1", "--preview", "--json"])
        .await;
    assert_eq!(
        (&preview["state"], &preview["requests"], &preview["leaves"]),
        (&json!("preview"), &json!(4), &json!([]))
    );
    assert_eq!(preview["takes_back"][0]["change"]["kind"], "remove_tag");
    assert_eq!(preview["takes_back"][0]["changes"], 4);
    assert_eq!(house.tagged(), 4);
    let started = house.run(&["runs", "start", "2"]).await;
    assert_eq!(
        (started.code, started.out.as_str()),
        (0, "Run 2 is finished: 4 done.\n"),
        "{started:?}"
    );
    assert_eq!(house.tagged(), 0);
    let again = house.run(&["runs", "undo", "1"]).await;
    assert_eq!(again.code, 0, "{again:?}");
    assert!(
        again
            .out
            .starts_with("There is nothing of run 1 to take back."),
        "{again:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_s_runs_are_sent_by_the_demo_alone() {
    let place = Place::new();
    let command = |arguments: &[&str]| {
        let mut command = place.command(arguments);
        command
            .env("CONSOLE_DATA_DIR", "data/demo")
            .env("HIVER_API_KEY", KEY);
        command
    };
    let demo = crate::house::serving(place.command(&["demo"])).await;
    let session = crate::session::Session::sign_in(&demo, &demo.sign_in()).await;
    session
        .follow("/live", async |_| {
            let listed = session.get("/api/conversations").await;
            listed["total"].as_u64().unwrap() > 0
        })
        .await;
    let conversation = session.get("/api/conversations?filter=is:open").await["rows"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    session
        .post(
            "/api/plan",
            format!("scope=ids&ids[]={conversation}&set_status=pending"),
        )
        .await;
    let started = to_its_end(command(&["runs", "start", "1"]), "").await;
    assert_eq!(
        (started.code, started.out.as_str()),
        (0, "Run 1 is finished: 1 done.\n"),
        "{started:?}"
    );
    let checked = to_its_end(command(&["key", "check"]), "").await;
    assert_eq!(checked.code, 0, "{checked:?}");
    for words in ["set", "rotate"] {
        let refused = to_its_end(command(&["key", words]), "another-key").await;
        assert_eq!(refused.code, 1, "{refused:?}");
        assert!(
            refused.err.contains("the folder of the demo"),
            "{refused:?}"
        );
    }
    assert!(demo.terminate().0.success());

    let listed = to_its_end(command(&["runs", "list"]), "").await;
    assert!(
        listed.out.starts_with("1\tfinished\t1 done\t"),
        "{listed:?}"
    );
    for arguments in [
        ["runs", "undo", "1"].as_slice(),
        &["runs", "resume", "1"],
        &["sync"],
        &["key", "check"],
    ] {
        let refused = to_its_end(command(arguments), "").await;
        assert_eq!(refused.code, 1, "{refused:?}");
        assert!(
            refused
                .err
                .contains("hint: start it with `hiver-console demo`"),
            "{refused:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_sends_obeys_who_cancels() {
    let house = House::new().await;
    let run: RunId = house.plan_tags(50).await;
    let sending = house.begin(&["runs", "start", &run.to_string()], "20");
    house.until_written(3).await;
    let cancelled = house.run(&["runs", "cancel", &run.to_string()]).await;
    assert_eq!(cancelled.code, 0, "{cancelled:?}");
    assert!(
        cancelled.out.contains("Run 1 is cancelled: "),
        "{cancelled:?}"
    );
    let told = sending.end().await;
    assert_eq!((told.code, &told.out), (3, &cancelled.out), "{told:?}");
    eventually("the folder is free", async || {
        house.run(&["runs", "cancel", "1"]).await.err
            == "error: run 1 is cancelled: it is over already\n"
    })
    .await;
}
