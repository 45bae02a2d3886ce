//! Passwords: hashed with argon2id, checked without telling names apart, made where none is given.

use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{Error, Ident, Output, ParamsString, PasswordHash, Salt, SaltString};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use rand::Rng;
use tokio::sync::Semaphore;

use crate::Problem;

/// The shortest password that is taken.
pub(crate) const SHORTEST: usize = app::server_fns::SHORTEST_PASSWORD;

/// Each check costs 19 MiB and tens of milliseconds; more at once would only make all of them slow.
static CHECKS: Semaphore = Semaphore::const_new(2);

/// What is allocated at once from so many bytes on, glibc gives back once it is free. Smaller pieces, such as the memory of
/// a check, it would keep for the next of that size.
const GIVEN_BACK: usize = 33 * 1024 * 1024;

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
    tokio::task::spawn_blocking(move || generate(&password))
        .await
        .map_err(|error| Problem::because("the password cannot be hashed", &error))?
        .map_err(|error| Problem::because("the password cannot be hashed", &error))
}

/// Whether a password fits a hash. Without a hash (nobody has that name) it takes as long and is `false`.
pub(crate) async fn fits(password: String, hash: Option<String>) -> bool {
    let Ok(_turn) = CHECKS.acquire().await else {
        return false;
    };
    tokio::task::spawn_blocking(move || match hash {
        Some(hash) => verify(&password, &hash).unwrap_or(false),
        None => {
            drop(generate(&password));
            false
        }
    })
    .await
    .unwrap_or(false)
}

fn generate(password: &str) -> Result<String, Error> {
    let argon = Argon2::default();
    let salt = SaltString::generate(OsRng);
    let hash = PasswordHash {
        algorithm: Ident::new(Algorithm::Argon2id.as_str())?,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(argon.params())?,
        salt: Some(salt.as_salt()),
        hash: Some(output(
            &argon,
            password,
            salt.as_salt(),
            Params::DEFAULT_OUTPUT_LEN,
        )?),
    };
    Ok(hash.to_string())
}

fn verify(password: &str, hash: &str) -> Result<bool, Error> {
    let hash = PasswordHash::new(hash)?;
    let (Some(salt), Some(expected)) = (hash.salt, hash.hash) else {
        return Ok(false);
    };
    let version = hash.version.map(Version::try_from).transpose()?;
    let argon = Argon2::new(
        Algorithm::try_from(hash.algorithm)?,
        version.unwrap_or_default(),
        Params::try_from(&hash)?,
    );
    // They are compared in constant time.
    Ok(output(&argon, password, salt, expected.len())? == expected)
}

fn output(
    argon: &Argon2<'_>,
    password: &str,
    salt: Salt<'_>,
    length: usize,
) -> Result<Output, Error> {
    let mut bytes = [0; 64];
    let salt = salt.decode_b64(&mut bytes)?;
    let blocks = argon.params().block_count();
    let mut memory = Vec::with_capacity(blocks.max(GIVEN_BACK / Block::SIZE));
    memory.resize(blocks, Block::default());
    Output::init_with(length, |out| {
        argon
            .hash_password_into_with_memory(password.as_bytes(), salt, out, &mut memory)
            .map_err(Error::from)
    })
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
        // One that another program made.
        let known = "$argon2id$v=19$m=8,t=1,p=1$b3RoZXJvdGhlcm90aGVy$uxWTSOnvlCJwDdrvGjf7x3xvw771mTCJHUN5gdfCrTw";
        assert!(!fits(make(), Some(known.to_owned())).await);
        assert!(!fits(make(), Some("no hash".to_owned())).await);
    }
}
