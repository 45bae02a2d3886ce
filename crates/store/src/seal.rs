//! Secrets at rest: authenticated encryption under a key that is not in the database.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use rand::TryRngCore;
use secrecy::{ExposeSecret, SecretBox, SecretString};

const NONCE_BYTES: usize = 24;

/// The 256-bit key that seals secrets. It lives in a file beside the database or where
/// `CONSOLE_SECRET_KEY_FILE` says, never in the database.
pub struct SecretKey(SecretBox<[u8; 32]>);

/// Why a secret could not be sealed or opened.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SealError {
    /// The key file does not hold 32 bytes in hexadecimal.
    #[error("the secret key is not 64 hexadecimal digits")]
    NotAKey,
    /// Another key sealed it, it was altered, or it belongs to another row.
    #[error("it was sealed with another secret key, or altered")]
    CannotOpen,
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    NoRandomness,
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SecretKey(…)")
    }
}

impl SecretKey {
    /// A new key from the system's randomness.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn generate() -> Result<Self, SealError> {
        Ok(Self(SecretBox::new(Box::new(random::<32>()?))))
    }

    /// Reads the 64 hexadecimal digits of a key file; white space around them is ignored.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn from_hex(text: &str) -> Result<Self, SealError> {
        let text = text.trim();
        if text.len() != 64 || !text.is_ascii() {
            return Err(SealError::NotAKey);
        }
        let mut bytes = [0_u8; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[index * 2..index * 2 + 2], 16)
                .map_err(|_| SealError::NotAKey)?;
        }
        Ok(Self(SecretBox::new(Box::new(bytes))))
    }

    /// The key as 64 hexadecimal digits, for its file.
    #[must_use]
    pub fn to_hex(&self) -> SecretString {
        let digits: String = self
            .0
            .expose_secret()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        digits.into()
    }

    /// Seals a secret for one row: `identity` names the row and must be the same when it is opened.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn seal(&self, secret: &SecretString, identity: &str) -> Result<Vec<u8>, SealError> {
        let nonce = random::<NONCE_BYTES>()?;
        let payload = Payload {
            msg: secret.expose_secret().as_bytes(),
            aad: identity.as_bytes(),
        };
        let sealed = self
            .cipher()
            .encrypt(XNonce::from_slice(&nonce), payload)
            .map_err(|_| SealError::CannotOpen)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`seal`](Self::seal) made for the same `identity`.
    ///
    /// # Errors
    /// When it was sealed with another key, for another row, or altered.
    pub fn open(&self, sealed: &[u8], identity: &str) -> Result<SecretString, SealError> {
        let (nonce, sealed) = sealed
            .split_at_checked(NONCE_BYTES)
            .ok_or(SealError::CannotOpen)?;
        let payload = Payload {
            msg: sealed,
            aad: identity.as_bytes(),
        };
        let plain = self
            .cipher()
            .decrypt(XNonce::from_slice(nonce), payload)
            .map_err(|_| SealError::CannotOpen)?;
        String::from_utf8(plain)
            .map(SecretString::from)
            .map_err(|_| SealError::CannotOpen)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.0.expose_secret().into())
    }
}

fn random<const N: usize>() -> Result<[u8; N], SealError> {
    let mut bytes = [0; N];
    rand::rngs::OsRng
        .try_fill_bytes(&mut bytes)
        .map_err(|_| SealError::NoRandomness)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_secret_opens_only_with_its_key_and_its_row() {
        let key = SecretKey::generate().unwrap();
        let sealed = key
            .seal(&"hv_live_1234".to_owned().into(), "connection 1")
            .unwrap();
        assert!(!sealed.windows(4).any(|part| part == b"1234"));
        assert_eq!(
            key.open(&sealed, "connection 1").unwrap().expose_secret(),
            "hv_live_1234"
        );
        assert_eq!(
            key.open(&sealed, "connection 2").unwrap_err(),
            SealError::CannotOpen
        );
        let other = SecretKey::generate().unwrap();
        assert_eq!(
            other.open(&sealed, "connection 1").unwrap_err(),
            SealError::CannotOpen
        );
        let mut altered = sealed.clone();
        *altered.last_mut().unwrap() ^= 1;
        assert_eq!(
            key.open(&altered, "connection 1").unwrap_err(),
            SealError::CannotOpen
        );
        assert_eq!(
            key.open(&[], "connection 1").unwrap_err(),
            SealError::CannotOpen
        );
    }

    #[test]
    fn a_key_survives_its_file() {
        let key = SecretKey::generate().unwrap();
        let again = SecretKey::from_hex(&format!(" {}\n", key.to_hex().expose_secret())).unwrap();
        assert_eq!(again.to_hex().expose_secret(), key.to_hex().expose_secret());
        for bad in ["", "zz", &"g".repeat(64), &"é".repeat(32)] {
            assert_eq!(
                SecretKey::from_hex(bad).unwrap_err(),
                SealError::NotAKey,
                "{bad}"
            );
        }
        assert!(!format!("{key:?}").contains(key.to_hex().expose_secret()));
    }
}
