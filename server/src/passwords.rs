//! Passwords: hashed with argon2id, checked without telling names apart, made where none is given.

use rand::Rng;
use tokio::sync::Semaphore;

use crate::Problem;

/// The shortest password that is taken.
pub(crate) const SHORTEST: usize = app::server_fns::SHORTEST_PASSWORD;

/// Each check costs 19 MiB and tens of milliseconds; more at once would only make all of them slow.
static CHECKS: Semaphore = Semaphore::const_new(2);

/// What a made password is spelled with: no letters or digits that are easily taken for others.
const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// A password of 100 bits, in five groups that can be read out.
pub(crate) fn make() -> String {
    let mut rng = rand::rng();
    let groups: Vec<String> = (0..5)
        .map(|_| {
            (0..4)
                .map(|_| char::from(LETTERS[rng.random_range(0..LETTERS.len())]))
                .collect()
        })
        .collect();
    groups.join("-")
}

/// Whether a password is long enough to be taken.
pub(crate) fn is_long_enough(password: &str) -> bool {
    password.chars().count() >= SHORTEST
}

/// The argon2id hash of a password, in PHC form.
pub(crate) async fn hash(password: String) -> Result<String, Problem> {
    tokio::task::spawn_blocking(move || password_auth::generate_hash(password))
        .await
        .map_err(|error| Problem::because("the password cannot be hashed", &error))
}

/// Whether a password fits a hash. Without a hash (nobody has that name) it takes as long and is `false`.
pub(crate) async fn fits(password: String, hash: Option<String>) -> bool {
    let Ok(_turn) = CHECKS.acquire().await else {
        return false;
    };
    tokio::task::spawn_blocking(move || match hash {
        Some(hash) => password_auth::verify_password(password, &hash).is_ok(),
        None => {
            password_auth::generate_hash(password);
            false
        }
    })
    .await
    .unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let password = make();
        assert_eq!(password.len(), 24, "{password}");
        let hashed = hash(password.clone()).await.unwrap();
        assert!(hashed.starts_with("$argon2id$"), "{hashed}");
        assert!(fits(password.clone(), Some(hashed.clone())).await);
        assert!(!fits(make(), Some(hashed)).await);
        assert!(!fits(password, None).await);
    }
}
