//! Stopping a simulator that is being served, and what comes after.

use hiver_sim::{Options, Simulator};
use serde_json::json;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::support::{exchange, first_id, http, read_to_close};

#[tokio::test]
async fn stopping_cuts_what_waits_and_leaves_no_effect() {
    let folder = tempfile::tempdir().unwrap();
    let state = Some(folder.path().join("state.jsonl"));
    let options = Options {
        state,
        ..Options::unlimited(3)
    };
    let running = Simulator::spawn(options.clone()).await.unwrap();
    let id = first_id(running.simulator());
    running.simulator().hold();
    let body = json!({"body": "Hello", "type": "internal"}).to_string();
    let mut waiting = TcpStream::connect(running.address()).await.unwrap();
    let request = http("POST", &format!("/conversations/{id}/notes"), &body);
    waiting.write_all(&request).await.unwrap();
    let mut idle = TcpStream::connect(running.address()).await.unwrap();
    running.simulator().until_waiting(1).await;

    let address = running.address();
    let simulator = running.stop().await.unwrap();
    assert_eq!(read_to_close(&mut waiting).await, "");
    assert_eq!(read_to_close(&mut idle).await, "");
    assert!(TcpStream::connect(address).await.is_err());
    simulator.release();
    assert!(simulator.conversation(&id).unwrap().notes.is_empty());

    // The state file is free although the first simulator is still here.
    let second = Simulator::new(options).unwrap();
    assert!(second.conversation(&id).unwrap().notes.is_empty());
}

#[tokio::test]
async fn a_stopped_simulator_can_be_started_again_with_what_happened() {
    let running = Simulator::spawn(Options::unlimited(3)).await.unwrap();
    let id = first_id(running.simulator());
    let body = json!({"body": "Hello", "type": "internal"}).to_string();
    let note = http("POST", &format!("/conversations/{id}/notes"), &body);
    assert!(
        exchange(running.address(), &note)
            .await
            .starts_with("HTTP/1.1 200")
    );
    let address = running.address();
    let simulator = running.stop().await.unwrap();
    let running = simulator.start(address).await.unwrap();
    assert_eq!(running.url(), format!("http://{address}"));
    assert!(
        exchange(running.address(), &note)
            .await
            .starts_with("HTTP/1.1 200")
    );
    assert_eq!(
        running.simulator().conversation(&id).unwrap().notes.len(),
        2
    );
}

#[tokio::test]
async fn an_address_in_use_is_named() {
    let running = Simulator::spawn(Options::unlimited(0)).await.unwrap();
    let other = Simulator::new(Options::unlimited(0)).unwrap();
    let error = other.start(running.address()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("listening on `{}`", running.address())
    );
}

#[tokio::test]
async fn dropping_it_stops_it() {
    let running = Simulator::spawn(Options::unlimited(0)).await.unwrap();
    let address = running.address();
    drop(running);
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}
