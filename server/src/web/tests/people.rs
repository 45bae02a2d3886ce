//! Who is away and who may have how many, and the time zone that days are told in.

use engine::{Away, Person};
use jiff::civil::date;
use triage::model::UserId;

use super::browser::{Answer, Browser};
use super::html::tags;
use super::support::{Console, House};

const PEOPLE: &str = "/settings/people";
const TIME_ZONE: &str = "/settings/time-zone";

async fn send(browser: &Browser, path: &str, page: &str, form: &[(&str, &str)]) -> Answer {
    let answer = browser.submit(path, page, form).await;
    assert_eq!((answer.status, answer.header("location")), (303, page));
    browser.get(page).await
}

/// What was said of a user.
fn of(console: &Console, user: &UserId) -> Person {
    let people = console.engine.people();
    let one = people.into_iter().find(|one| one.user.id == *user).unwrap();
    one.person
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_says_who_is_away_and_nobody_undoes_what_another_said() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let lead = console.signed_in("lead").await;
    let people = console.engine.people();
    let (first, second) = (people[0].user.id.clone(), people[1].user.id.clone());
    let untouched = "never|||";
    // Two users as the page showed them; of the second nothing was typed.
    let page = send(
        &lead,
        "/people",
        PEOPLE,
        &[
            ("user", first.as_str()),
            ("was", untouched),
            ("away", "days"),
            ("from", "2026-08-03"),
            ("until", "2026-08-05"),
            ("cap", " 12 "),
            ("user", second.as_str()),
            ("was", untouched),
            ("away", "never"),
            ("from", ""),
            ("until", ""),
            ("cap", ""),
        ],
    )
    .await;
    assert!(page.body.contains("Saved for 1 user."), "{}", page.body);
    let said = Person {
        away: Away::Days {
            from: date(2026, 8, 3),
            until: date(2026, 8, 5),
        },
        cap: Some(12),
    };
    assert_eq!(of(&console, &first), said);
    let shown: Vec<String> = tags(&page.body)
        .into_iter()
        .filter(|tag| tag.get("name") == Some("was"))
        .filter_map(|tag| tag.get("value").map(str::to_owned))
        .collect();
    assert!(shown.contains(&"days|2026-08-03|2026-08-05|12".to_owned()));
    // Somebody else meanwhile; the page that this lead has is older.
    let away = Person {
        away: Away::Now,
        cap: None,
    };
    console
        .engine
        .set_people(&[(second.clone(), away)])
        .await
        .unwrap();
    let page = send(
        &lead,
        "/people",
        PEOPLE,
        &[
            ("user", first.as_str()),
            ("was", "days|2026-08-03|2026-08-05|12"),
            ("away", "never"),
            ("from", ""),
            ("until", ""),
            ("cap", ""),
            ("user", second.as_str()),
            ("was", untouched),
            ("away", "never"),
            ("from", ""),
            ("until", ""),
            ("cap", ""),
        ],
    )
    .await;
    assert!(page.body.contains("Saved for 1 user."), "{}", page.body);
    assert_eq!(of(&console, &first), Person::default());
    assert_eq!(of(&console, &second), away);
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_named_with_the_user_and_nothing_is_saved() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let lead = console.signed_in("lead").await;
    let user = console.engine.people()[0].user.clone();
    for (away, from, until, cap, why) in [
        (
            "days",
            "",
            "2026-08-05",
            "",
            "the first day away is missing",
        ),
        ("days", "2026-08-05", "", "", "the last day away is missing"),
        (
            "days",
            "2026-08-05",
            "2026-08-04",
            "",
            "is before the first one",
        ),
        ("days", "tomorrow", "2026-08-04", "", "`tomorrow` is no day"),
        ("never", "", "", "-1", "`-1` is no number of conversations"),
        ("never", "", "", "many", "`many` is no number"),
    ] {
        let form = [
            ("user", user.id.as_str()),
            ("was", "never|||"),
            ("away", away),
            ("from", from),
            ("until", until),
            ("cap", cap),
        ];
        let page = send(&lead, "/people", PEOPLE, &form).await;
        let words = format!("{}: ", user.name);
        assert!(
            page.body.contains(&words) && page.body.contains(why),
            "{why}: {}",
            page.body
        );
    }
    assert_eq!(of(&console, &user.id), Person::default());
    let viewer = console.signed_in("viewer").await;
    let page = viewer.get(PEOPLE).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains(&user.name) && !page.body.contains("name=\"was\""));
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_zone_is_set_by_admins_and_kept() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let admin = console.signed_in("admin").await;
    let zone = || console.engine.time_zone().iana_name().map(str::to_owned);
    assert_eq!(zone().as_deref(), Some("UTC"));
    let form = [("zone", "Asia/Kolkata")];
    let page = send(&admin, "/time-zone", TIME_ZONE, &form).await;
    assert!(
        page.body
            .contains("Days and times are those of Asia/Kolkata"),
        "{}",
        page.body
    );
    let chosen = tags(&page.body)
        .into_iter()
        .find(|tag| tag.name == "option" && tag.get("selected").is_some());
    assert_eq!(chosen.unwrap().get("value"), Some("Asia/Kolkata"));
    let kept = engine::time_zone_of(&console.store).await.unwrap();
    assert_eq!(kept.iana_name(), Some("Asia/Kolkata"));
    let page = send(&admin, "/time-zone", TIME_ZONE, &[("zone", "Mars/Base")]).await;
    assert!(
        page.body.contains("There is no time zone `Mars/Base`"),
        "{}",
        page.body
    );
    assert_eq!(zone().as_deref(), Some("Asia/Kolkata"));
    let nothing = admin.get("/settings/none").await;
    assert_eq!(nothing.status, 404);
    console.stop().await;
}
