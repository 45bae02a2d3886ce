//! Who is let in by the webhook door.

use secrecy::ExposeSecret;
use store::{SecretKey, WEBHOOK_GRACE_MS};

use crate::support::House;

const NOW: i64 = 1_780_000_000_000;

#[tokio::test]
async fn the_secret_is_made_once_and_shown_again() {
    let house = House::new().await;
    let with = SecretKey::generate().unwrap();
    let made = house.store.webhook_secret(NOW, &with).await.unwrap();
    let secret = made.secret.expose_secret();
    assert_eq!(secret.len(), 64);
    assert_eq!((made.made_at, made.previous_until), (NOW, None));
    let again = house
        .again()
        .await
        .webhook_secret(NOW + 5, &with)
        .await
        .unwrap();
    assert_eq!(again.secret.expose_secret(), secret);
    assert!(house.store.knows_webhook_secret(secret, NOW).await.unwrap());
    for wrong in ["", "x", &secret[..63], &secret.to_uppercase()] {
        assert!(
            !house.store.knows_webhook_secret(wrong, NOW).await.unwrap(),
            "{wrong}"
        );
    }
    assert!(!format!("{made:?}").contains(secret));
}

#[tokio::test]
async fn after_a_rotation_the_old_one_is_let_in_for_a_day() {
    let house = House::new().await;
    let store = &house.store;
    let with = SecretKey::generate().unwrap();
    let first = store.webhook_secret(NOW, &with).await.unwrap().secret;
    let second = store.rotate_webhook_secret(NOW, &with).await.unwrap();
    assert_eq!(second.previous_until, Some(NOW + WEBHOOK_GRACE_MS));
    let knows = async |secret: &secrecy::SecretString, now| {
        store
            .knows_webhook_secret(secret.expose_secret(), now)
            .await
            .unwrap()
    };
    assert!(knows(&first, NOW + WEBHOOK_GRACE_MS - 1).await);
    assert!(!knows(&first, NOW + WEBHOOK_GRACE_MS).await);
    assert!(knows(&second.secret, NOW + WEBHOOK_GRACE_MS).await);

    let third = store.rotate_webhook_secret(NOW, &with).await.unwrap();
    assert!(!knows(&first, NOW).await, "a second rotation ends it");
    assert!(knows(&second.secret, NOW).await);
    assert!(knows(&third.secret, NOW).await);
}

#[tokio::test]
async fn another_secret_key_does_not_close_the_door() {
    let house = House::new().await;
    let store = &house.store;
    let (old, new) = (
        SecretKey::generate().unwrap(),
        SecretKey::generate().unwrap(),
    );
    assert_eq!(store.opens_keys(&old).await.unwrap(), None);
    let secret = store.webhook_secret(NOW, &old).await.unwrap().secret;
    assert_eq!(store.opens_keys(&old).await.unwrap(), Some(true));
    assert_eq!(store.opens_keys(&new).await.unwrap(), Some(false));
    store.reseal_keys(&old, &new).await.unwrap();
    let shown = store.webhook_secret(NOW, &new).await.unwrap().secret;
    assert_eq!(shown.expose_secret(), secret.expose_secret());

    let lost = SecretKey::generate().unwrap();
    assert!(store.webhook_secret(NOW, &lost).await.is_err());
    assert!(
        store
            .knows_webhook_secret(secret.expose_secret(), NOW)
            .await
            .unwrap()
    );
    let mended = store.rotate_webhook_secret(NOW, &lost).await.unwrap();
    assert_ne!(mended.secret.expose_secret(), secret.expose_secret());
    assert!(
        store
            .knows_webhook_secret(secret.expose_secret(), NOW)
            .await
            .unwrap()
    );
}
