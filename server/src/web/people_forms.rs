//! The forms of the pages of people and of the time zone. Each is answered with its page, which says what became of it.

use app::server_fns::{Said, SignedIn};
use axum::body::Bytes;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use axum::{Extension, Router};
use engine::{Away, Person, TimeZoneError};
use jiff::civil::Date;
use serde::Deserialize;
use tower_sessions::Session;
use triage::model::UserId;
use triage::text;
use url::form_urlencoded;

use super::guard::{admins_only, leads_only};
use super::{Web, plain};
use crate::Problem;

const PEOPLE: &str = "/settings/people";
const TIME_ZONE: &str = "/settings/time-zone";

/// The addresses of the forms, each for those who may.
pub(super) fn routes() -> Router<Web> {
    let people = Router::new()
        .route("/people", post(set_people))
        .route_layer(from_fn(leads_only));
    let time_zone = Router::new()
        .route("/time-zone", post(set_time_zone))
        .route_layer(from_fn(admins_only));
    people.merge(time_zone)
}

/// What the form says of one user.
#[derive(Default)]
struct Typed {
    user: String,
    /// The rest as the page showed it, put together.
    was: String,
    away: String,
    from: String,
    until: String,
    cap: String,
}

impl Typed {
    /// Every user begins with the field `user`.
    fn all(body: &[u8]) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for (name, value) in form_urlencoded::parse(body) {
            if name == "user" {
                all.push(Self {
                    user: value.into_owned(),
                    ..Self::default()
                });
                continue;
            }
            let Some(last) = all.last_mut() else { continue };
            let field = match name.as_ref() {
                "was" => &mut last.was,
                "away" => &mut last.away,
                "from" => &mut last.from,
                "until" => &mut last.until,
                "cap" => &mut last.cap,
                _ => continue,
            };
            *field = value.into_owned();
        }
        all
    }

    /// Whether somebody typed something: what stands as the page showed it must not undo what another did meanwhile.
    fn is_touched(&self) -> bool {
        [&self.away, &self.from, &self.until, &self.cap].map(String::as_str)
            != *self.was.split('|').collect::<Vec<_>>()
    }

    /// What it means, or what is wrong with it.
    fn read(&self) -> Result<Person, String> {
        let away = match &*self.away {
            "days" => self.days()?,
            "now" => Away::Now,
            _ => Away::Never,
        };
        let cap = self.cap.trim();
        let cap = if cap.is_empty() {
            None
        } else {
            let cap = cap.parse().ok().filter(|cap| *cap <= 100_000);
            Some(cap.ok_or_else(|| {
                format!(
                    "`{}` is no number of conversations: type a whole number, or nothing for any number.",
                    self.cap
                )
            })?)
        };
        Ok(Person { away, cap })
    }

    fn days(&self) -> Result<Away, String> {
        let day = |text: &str, which: &str| {
            let text = text.trim();
            if text.is_empty() {
                return Err(format!("the {which} day away is missing."));
            }
            text.parse::<Date>()
                .map_err(|_| format!("`{text}` is no day: type it as 2026-08-31."))
        };
        let (from, until) = (day(&self.from, "first")?, day(&self.until, "last")?);
        if until < from {
            return Err(format!(
                "the last day away, {until}, is before the first one, {from}."
            ));
        }
        Ok(Away::Days { from, until })
    }
}

/// `POST /people`.
async fn set_people(
    State(web): State<Web>,
    Extension(by): Extension<SignedIn>,
    session: Session,
    body: Bytes,
) -> Response {
    let engine = &web.0.engine;
    let touched = Typed::all(&body).into_iter().filter(Typed::is_touched);
    let (mut changed, mut wrong) = (Vec::new(), Vec::new());
    for typed in touched {
        let user = UserId::from(typed.user.clone());
        let name = text::user_name(&user, &engine.mirror().read().directory);
        match typed.read() {
            Ok(person) => changed.push((user, person)),
            Err(why) => wrong.push(format!("{name}: {why}")),
        }
    }
    // What makes sense is kept, so that nobody types it twice because of another line.
    if !changed.is_empty() {
        if let Err(error) = engine.set_people(&changed).await {
            return failed(&error);
        }
        tracing::info!(
            by = by.name,
            users = changed.len(),
            "absences and caps were set"
        );
    }
    let saved = match (changed.len() as u64, wrong.is_empty()) {
        (0, true) => "Nothing was changed.".to_owned(),
        (0, false) => "Nothing was saved.".to_owned(),
        (users, _) => format!("Saved for {}.", text::plural(users, "user")),
    };
    let said = if wrong.is_empty() {
        Said::done(saved)
    } else {
        Said::refused(format!("{} {saved}", wrong.join(" ")))
    };
    answered(&web, &session, said, PEOPLE)
}

#[derive(Deserialize)]
struct Chosen {
    zone: String,
}

/// `POST /time-zone`.
async fn set_time_zone(
    State(web): State<Web>,
    Extension(by): Extension<SignedIn>,
    session: Session,
    Form(Chosen { zone }): Form<Chosen>,
) -> Response {
    match web.0.engine.set_time_zone(&zone).await {
        Ok(()) => {
            tracing::info!(by = by.name, zone, "the time zone was set");
            let said = Said::done(format!("Days and times are those of {zone} from now on."));
            answered(&web, &session, said, TIME_ZONE)
        }
        Err(TimeZoneError::Unknown(zone)) => {
            let said = Said::refused(format!(
                "There is no time zone `{zone}`: choose one of the list. Nothing was saved."
            ));
            answered(&web, &session, said, TIME_ZONE)
        }
        Err(TimeZoneError::Store(error)) => failed(&error),
    }
}

fn answered(web: &Web, session: &Session, said: Said, page: &str) -> Response {
    web.0.sayings.put(session, said);
    Redirect::to(page).into_response()
}

fn failed(error: &store::Error) -> Response {
    tracing::error!(error = %Problem::because("a form of the settings", error), "settings");
    plain::page(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Something went wrong",
        "Nothing was saved because the console itself failed. The log has the cause; try again.",
    )
}
