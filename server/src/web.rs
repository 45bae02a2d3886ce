//! HTTP: who gets in, what every answer carries, pages, assets, the live stream.

mod assets;
mod doors;
mod drafts;
mod export;
mod guard;
mod headers;
mod live;
mod operators;
mod own_password;
mod people_forms;
mod plain;
mod reading_form;
mod rule_forms;
mod rule_notices;
mod said;
mod sessions;
mod sign_in;
mod throttle;
mod too_large;
mod trying_forms;
mod webhook_forms;
mod webhooks;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;

use app::server_fns::WebhookDoor;
use app::{App, AssetRoot, shell};
use axum::Router;
use axum::body::Body;
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use axum::http::Request;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{any, get, post};
use axum_login::AuthManagerLayerBuilder;
use engine::Engine;
use ipnet::IpNet;
use leptos::config::LeptosOptions;
use leptos::prelude::provide_context;
use leptos_axum::{LeptosRoutes, generate_route_list, handle_server_fns_with_context};
use store::Store;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::trace::{DefaultOnResponse, TraceLayer};
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::Duration;
use tower_sessions::{Expiry, SessionManagerLayer};

use self::assets::Assets;
use self::live::Streams;
use self::said::Sayings;
use self::sessions::DatabaseSessions;
use self::sign_in::Operators;
use self::throttle::Throttle;
pub(crate) use self::webhooks::door_at as webhook_door_at;
use crate::args::Settings;
use crate::{Problem, config};

/// A session ends after so long without a visit.
const SESSION_DAYS: i64 = 7;

/// Everything the handlers share.
#[derive(Clone)]
pub(crate) struct Web(Arc<Shared>);

struct Shared {
    engine: Engine,
    store: Store,
    assets: Assets,
    throttle: Throttle,
    sayings: Sayings,
    streams: Streams,
    public_url: Option<url::Url>,
    trusted_proxies: Vec<IpNet>,
    stop: CancellationToken,
    /// The pages alone, to draw one in answer to another address.
    pages: Router,
}

impl Web {
    /// Prepares the handlers.
    pub(crate) fn new(
        engine: Engine,
        store: Store,
        settings: &Settings,
        stop: CancellationToken,
    ) -> Result<Self, Problem> {
        let public_url = config::public_url(settings)?;
        let assets = Assets::embedded();
        let pages = pages(&engine, &store, &assets, public_url.as_ref());
        Ok(Self(Arc::new(Shared {
            engine,
            store,
            assets,
            throttle: Throttle::default(),
            sayings: Sayings::default(),
            streams: Streams::default(),
            public_url,
            trusted_proxies: settings.trusted_proxies.clone(),
            stop,
            pages,
        })))
    }

    fn is_https(&self) -> bool {
        self.0
            .public_url
            .as_ref()
            .is_some_and(|address| address.scheme() == "https")
    }
}

/// The whole service, from the outermost layer in.
pub(crate) fn service(web: &Web) -> IntoMakeServiceWithConnectInfo<Router, SocketAddr> {
    router(web).into_make_service_with_connect_info()
}

pub(crate) fn router(web: &Web) -> Router {
    let sessions = SessionManagerLayer::new(DatabaseSessions::new(web.0.store.clone()))
        .with_name("hiver_console")
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(web.is_https())
        .with_expiry(Expiry::OnInactivity(Duration::days(SESSION_DAYS)));
    let auth = AuthManagerLayerBuilder::new(Operators::new(web.0.store.clone()), sessions).build();
    Router::new()
        .route("/login", post(sign_in::sign_in))
        .route("/logout", post(sign_in::sign_out))
        .route("/theme", post(doors::switch_theme))
        .route("/password", post(own_password::change))
        .route("/healthz", get(doors::healthz))
        .route("/readyz", get(doors::readyz))
        .route("/live", get(live::follow))
        .route("/runs/{id}/changes.csv", get(export::changes))
        .route("/v/{version}/{*path}", get(assets::asset))
        .merge(operators::routes())
        .merge(people_forms::routes())
        .merge(reading_form::routes())
        .merge(rule_forms::routes())
        .merge(webhook_forms::routes())
        .merge(trying_forms::routes())
        .merge(rule_notices::routes())
        .with_state(web.clone())
        .merge(web.0.pages.clone())
        .layer(from_fn_with_state(web.clone(), drafts::keep))
        .layer(from_fn_with_state(web.clone(), said::show))
        .layer(from_fn_with_state(web.clone(), guard::guard))
        .layer(auth)
        .layer(from_fn_with_state(web.clone(), guard::refuse_other_origins))
        .layer(RequestBodyLimitLayer::new(too_large::LARGEST_DOCUMENT))
        .layer(from_fn(too_large::refuse))
        // Hiver signs in nowhere, and comes from no page.
        .layer(from_fn_with_state(web.clone(), webhooks::door))
        .layer(CatchPanicLayer::custom(plain::after_panic))
        .layer(from_fn(headers::secure))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(|request: &Request<Body>| {
                    tracing::debug_span!("request", method = %request.method(), path = webhooks::without_secret(request.uri().path()))
                })
                .on_response(DefaultOnResponse::new().level(tracing::Level::DEBUG)),
        )
}

/// Pages and server functions.
fn pages(engine: &Engine, store: &Store, assets: &Assets, public_url: Option<&url::Url>) -> Router {
    let options = LeptosOptions::builder()
        .output_name("hiver-console")
        .build();
    let root = AssetRoot(assets.root());
    let context = {
        let (engine, store) = (engine.clone(), store.clone());
        let door = WebhookDoor {
            address: public_url.map(webhooks::door_at),
        };
        move || {
            provide_context(engine.clone());
            provide_context(store.clone());
            provide_context(door.clone());
        }
    };
    let draw = {
        let root = root.clone();
        move |options: LeptosOptions| shell(options, root.clone())
    };
    let functions = {
        let context = context.clone();
        move |request: Request<Body>| handle_server_fns_with_context(context.clone(), request)
    };
    let not_found = {
        let (context, draw) = (context.clone(), draw.clone());
        let options = options.clone();
        leptos_axum::render_app_async_with_context(context, move || draw(options.clone()))
    };
    let routes = generate_route_list(App);
    let router = Router::new()
        .route("/api/{*name}", any(functions))
        .leptos_routes_with_context(&options, routes, context, {
            let options = options.clone();
            move || draw(options.clone())
        });
    router.fallback(not_found).with_state(options)
}
