//! Every page is drawn every time, however many ask at once: what a page is drawn from must not be gone before it is.

use super::support::{Console, House};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn pages_are_drawn_whole_with_many_asking_at_once() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let run = console.plan(3).await;
    assert!(console.engine.confirm(run).await.unwrap());
    console.until_finished(run).await;
    let plan = console.plan(2).await;
    let conversation = console.conversations(1).remove(0);
    let pages = [
        format!("/runs/{run}"),
        format!("/preview/{plan}"),
        format!("/conversations/{conversation}"),
        "/runs".to_owned(),
        "/activity".to_owned(),
        "/".to_owned(),
        "/triage?q=status%3Aopen".to_owned(),
        "/settings".to_owned(),
        "/settings/budget".to_owned(),
        "/settings/operators".to_owned(),
    ];
    let mut admins = Vec::new();
    for _ in 0..6 {
        admins.push(console.signed_in("admin").await);
    }
    let rounds = admins.iter().enumerate().map(|(number, browser)| {
        let pages = &pages;
        async move {
            for round in 0..60 {
                // The page of a run most often: it has most to lose.
                let page = match round % 2 {
                    0 => &pages[0],
                    _ => &pages[(round / 2 + number) % pages.len()],
                };
                let answer = browser.get(page).await;
                assert_eq!(answer.status, 200, "{page}, round {round}");
                assert!(answer.body.contains("</html>"), "{page}, round {round}");
            }
        }
    });
    futures::future::join_all(rounds).await;
    console.stop().await;
}
