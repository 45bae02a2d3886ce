//! Signing in and out.

use std::net::{IpAddr, SocketAddr};

use app::server_fns::SignedIn;
use app::view;
use axum::extract::{ConnectInfo, Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum_login::{AuthSession, AuthUser, AuthnBackend};
use ipnet::IpNet;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use store::{Operator, OperatorId, Role, Store};
use tower_sessions::Session;

use super::{Web, drafts, plain};
use crate::passwords;

/// The operators of the database, as axum-login asks for them.
#[derive(Clone, Debug)]
pub(super) struct Operators {
    store: Store,
}

impl Operators {
    pub(super) fn new(store: Store) -> Self {
        Self { store }
    }
}

/// An operator with the mark that ties sessions to their password, and to not having been ended since.
#[derive(Clone, Debug)]
pub(super) struct Person {
    operator: Operator,
    mark: [u8; 32],
}

impl Person {
    pub(super) fn new(operator: Operator) -> Self {
        // The hash itself stays in its own table; sessions keep a digest of it.
        let mut mark = Sha256::new_with_prefix(operator.password_hash.as_bytes());
        // Sessions of before anything could end them stay as they are.
        if operator.sessions_ended > 0 {
            mark.update(operator.sessions_ended.to_le_bytes());
        }
        let mark = mark.finalize().into();
        Self { operator, mark }
    }

    pub(super) fn operator(&self) -> &Operator {
        &self.operator
    }

    /// What server functions are told.
    pub(super) fn signed_in(&self) -> SignedIn {
        SignedIn {
            name: self.operator.name.clone(),
            role: shown_role(self.operator.role),
        }
    }
}

/// The role as pages know it.
pub(super) fn shown_role(role: Role) -> view::Role {
    match role {
        Role::Viewer => view::Role::Viewer,
        Role::Lead => view::Role::Lead,
        Role::Admin => view::Role::Admin,
    }
}

impl AuthUser for Person {
    type Id = OperatorId;

    fn id(&self) -> OperatorId {
        self.operator.id
    }

    fn session_auth_hash(&self) -> &[u8] {
        &self.mark
    }
}

/// A name and a password.
pub(super) struct Credentials {
    name: String,
    password: String,
}

impl AuthnBackend for Operators {
    type User = Person;
    type Credentials = Credentials;
    type Error = store::Error;

    async fn authenticate(&self, given: Credentials) -> Result<Option<Person>, store::Error> {
        let operator = self.store.operator_named(&given.name).await?;
        let hash = operator
            .as_ref()
            .map(|operator| operator.password_hash.clone());
        let fits = passwords::fits(given.password, hash).await;
        Ok(operator.filter(|_| fits).map(Person::new))
    }

    async fn get_user(&self, id: &OperatorId) -> Result<Option<Person>, store::Error> {
        let operator = self.store.operator(*id).await?;
        Ok(operator
            .filter(|operator| !operator.disabled)
            .map(Person::new))
    }
}

/// The form of the page for signing in.
#[derive(Deserialize)]
pub(super) struct SignInForm {
    name: String,
    password: String,
    #[serde(default)]
    next: String,
    #[serde(default)]
    draft: String,
    #[serde(default)]
    then: String,
}

/// `POST /login`.
pub(super) async fn sign_in(
    State(web): State<Web>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    mut auth: AuthSession<Operators>,
    session: Session,
    Form(form): Form<SignInForm>,
) -> Response {
    let address = client_address(&web.0.trusted_proxies, peer, &headers);
    if !web.0.throttle.attempt(&form.name, address) {
        tracing::warn!(%address, "too many attempts to sign in");
        return again(&web, &form, "wait").await;
    }
    let given = Credentials {
        name: form.name.clone(),
        password: form.password.clone(),
    };
    let person = match auth.authenticate(given).await {
        Ok(Some(person)) => person,
        Ok(None) => return again(&web, &form, "wrong").await,
        Err(error) => return failed(&error),
    };
    // Said to whoever knows the password only.
    if person.operator.disabled {
        return again(&web, &form, "disabled").await;
    }
    web.0.throttle.forgive(&form.name, address);
    if let Err(error) = start_afresh(&mut auth).await {
        return failed(&error);
    }
    if let Err(error) = auth.login(&person).await {
        return failed(&error);
    }
    let noted = web.0.store.note_sign_in(person.id(), web.0.engine.now());
    if let Err(error) = noted.await {
        return failed(&error);
    }
    tracing::info!(operator = person.operator.name, "signed in");
    if !form.draft.is_empty()
        && let Err(error) = drafts::put(&session, &form.next, &form.draft).await
    {
        return failed(&error);
    }
    if form.then == "close" {
        return plain::page(
            StatusCode::OK,
            "Signed in",
            "You can close this tab and go on where you were.",
        );
    }
    Redirect::to(safe_next(&form.next)).into_response()
}

/// Whatever session the browser brought may be known to others: it ends, and another id is taken. Signing in does
/// that by itself for a session that nobody was signed in with, but not for one that somebody was.
async fn start_afresh(
    auth: &mut AuthSession<Operators>,
) -> Result<(), axum_login::Error<Operators>> {
    auth.logout().await?;
    auth.session.cycle_id().await?;
    Ok(())
}

/// `POST /logout`.
pub(super) async fn sign_out(mut auth: AuthSession<Operators>) -> Response {
    match auth.logout().await {
        Ok(_) => Redirect::to("/login").into_response(),
        Err(error) => failed(&error),
    }
}

/// Shows the page again, with everything but the password.
async fn again(web: &Web, form: &SignInForm, problem: &str) -> Response {
    let query = [
        ("problem", problem),
        ("name", &form.name),
        ("next", safe_next(&form.next)),
        ("then", &form.then),
    ];
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(query)
        .finish();
    if form.draft.is_empty() {
        return Redirect::to(&format!("/login?{query}")).into_response();
    }
    let notice = app::LoginNotice {
        draft: Some(form.draft.clone()),
        next: Some(safe_next(&form.next).to_owned()),
        elsewhere: true,
    };
    drafts::sign_in_page(web, &format!("/login?{query}"), notice).await
}

/// Where to go after signing in: an address of our own, but not the page for signing in again.
fn safe_next(next: &str) -> &str {
    let next = own_address(next);
    if next.starts_with("/login") {
        "/"
    } else {
        next
    }
}

/// Only addresses of our own, as browsers write them; anything else leads to the overview.
pub(super) fn own_address(address: &str) -> &str {
    let ours =
        address.starts_with('/') && !address.starts_with("//") && !address.starts_with("/\\");
    if ours && address.bytes().all(|byte| byte.is_ascii_graphic()) {
        address
    } else {
        "/"
    }
}

/// Who is asking: the peer, or whom a trusted proxy names last that is no trusted proxy itself.
pub(super) fn client_address(
    trusted_proxies: &[IpNet],
    peer: SocketAddr,
    headers: &HeaderMap,
) -> IpAddr {
    let trusted = |address: &IpAddr| {
        trusted_proxies
            .iter()
            .any(|network| network.contains(address))
    };
    if !trusted(&peer.ip()) {
        return peer.ip();
    }
    let named = headers
        .get_all("x-forwarded-for")
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    let chain: Vec<IpAddr> = named
        .flat_map(|value| value.split(','))
        .filter_map(|one| one.trim().parse().ok())
        .collect();
    chain
        .into_iter()
        .rev()
        .find(|address| !trusted(address))
        .unwrap_or(peer.ip())
}

fn failed(error: &(dyn std::error::Error + 'static)) -> Response {
    tracing::error!(error = %crate::Problem::because("signing in failed", error), "sign-in");
    plain::page(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Something went wrong",
        "Signing in did not work because the console itself failed. The log has the cause; try again.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_believed_from_trusted_proxies_only() {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        for (peer, forwarded, expected) in [
            ("192.0.2.1", "198.51.100.7", "192.0.2.1"),
            ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
            (
                "10.0.0.1",
                "203.0.113.9, 198.51.100.7, 10.2.3.4",
                "198.51.100.7",
            ),
            ("10.0.0.1", "nonsense", "10.0.0.1"),
            ("::1", "2001:db8::5", "2001:db8::5"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", forwarded.parse().unwrap());
            let peer = SocketAddr::new(peer.parse().unwrap(), 1);
            let found = client_address(&trusted, peer, &headers);
            assert_eq!(
                found,
                expected.parse::<IpAddr>().unwrap(),
                "{peer} {forwarded}"
            );
        }
    }

    #[test]
    fn one_is_only_led_to_our_own_addresses() {
        for (next, expected) in [
            ("/triage?q=status:open", "/triage?q=status:open"),
            ("", "/"),
            ("https://evil.example", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("/login?next=/login", "/"),
            ("/a\r\nSet-Cookie: x", "/"),
            ("/triage?q=caf\u{e9}", "/"),
            ("/triage?q=caf%C3%A9", "/triage?q=caf%C3%A9"),
        ] {
            assert_eq!(safe_next(next), expected, "{next:?}");
        }
    }
}
