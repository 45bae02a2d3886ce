//! `sync`, with and without a server.

use serde_json::json;
use tokio::net::TcpSocket;

use crate::house::{House, KEY, to_its_end};

const ALL: &str = "The mirror is up to date: 60 conversations.";

#[tokio::test(flavor = "multi_thread")]
async fn the_mirror_is_read_without_a_server() {
    let house = House::new().await;
    let mailbox = house.sim().summary().mailboxes[0].clone();
    let of_mailbox = (house.sim().state().conversations.iter())
        .filter(|one| one.mailbox_id == mailbox.id)
        .count();
    let one = house.run(&["sync", "--mailbox", &mailbox.id]).await;
    let words = format!("The mirror is up to date: {of_mailbox} conversations.\n");
    assert_eq!((one.code, &one.out), (0, &words), "{one:?}");
    let lists = |house: &House| {
        let requests = house.sim().ledger().requests.into_iter();
        requests
            .filter(|one| one.path.ends_with("/conversations"))
            .count()
    };
    assert_eq!(lists(&house), 3, "one list for each status");

    let unknown = house.run(&["sync", "--mailbox", "mb_none"]).await;
    assert_eq!(unknown.code, 1);
    assert!(
        unknown
            .err
            .contains("there is no mailbox `mb_none`\n  hint: there are `"),
        "{unknown:?}"
    );
    let all = house.json(&["sync", "--json"]).await;
    assert_eq!(all, json!({ "message": ALL }));
    let before = lists(&house);
    assert_eq!(house.run(&["sync"]).await.code, 0);
    let mailboxes = house.sim().summary().mailboxes.len();
    assert_eq!(
        lists(&house) - before,
        2 * mailboxes,
        "open and pending, once"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_is_waited_out_unless_asked_otherwise() {
    let house = House::new().await;
    // An address that is taken, so that no other test gets it, and that nobody listens on yet.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    let command = |arguments: &[&str]| {
        let mut command = house.command(arguments);
        command.env("HIVER_BASE_URL", format!("http://{address}/api/v1"));
        command
    };
    let failed = to_its_end(command(&["sync", "--once"]), "").await;
    assert_eq!(
        (failed.code, failed.out.as_str(), failed.err.as_str()),
        (
            1,
            "",
            "error: Hiver cannot be reached: Connection refused.\n"
        )
    );
    let mut child = command(&["sync"]).spawn().unwrap();
    let mut told = String::new();
    let mut error = std::io::BufReader::new(child.stderr.take().unwrap());
    std::io::BufRead::read_line(&mut error, &mut told).unwrap();
    assert!(told.contains("Hiver cannot be reached"), "{told}");
    let options = hiver_sim::Options {
        key: KEY.to_owned(),
        ..hiver_sim::Options::unlimited(60)
    };
    let hiver = hiver_sim::Simulator::new(options).unwrap();
    let listener = socket.listen(64).unwrap();
    tokio::spawn(hiver.serve(listener, std::future::pending::<()>()));
    let done = tokio::task::spawn_blocking(move || child.wait_with_output())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(String::from_utf8(done.stdout).unwrap(), format!("{ALL}\n"));
    assert_eq!(done.status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_reads() {
    let house = House::new().await;
    let serving = house.serve("500").await;
    let done = house.run(&["sync"]).await;
    assert_eq!(
        (done.code, done.out.as_str()),
        (0, format!("{ALL}\n").as_str()),
        "{done:?}"
    );
    let mailbox = house.sim().summary().mailboxes[0].clone();
    house
        .sim()
        .create_conversation(hiver_sim::NewConversation {
            mailbox_id: mailbox.id.clone(),
            subject: Some("new".to_owned()),
            status: hiver_sim::Status::Closed,
            assignee: None,
            tags: Vec::new(),
        })
        .unwrap();
    let one = house.run(&["sync", "--mailbox", &mailbox.id]).await;
    assert_eq!(
        one.out, "The mirror is up to date: 61 conversations.\n",
        "closed ones are read, too: {one:?}"
    );
    house.sim().set_key_active(false);
    let refused = house.run(&["sync"]).await;
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("\n  hint: "), "{refused:?}");
    serving.terminate();
}
