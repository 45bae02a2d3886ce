//! Ids that look like Hiver's: a prefix and 26 characters that sort by age.

use crate::rng::Random;

/// Crockford's alphabet: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// The time part counts from 2025-01-01 whatever the clock says: the same seed must give the same ids.
const EPOCH_MS: u64 = 1_735_689_600_000;
const STEP_MS: u64 = 25_000;

/// The id number `sequence` of the kind `prefix` (such as `cnv`) in the world of `seed`. Within one prefix,
/// the order of the texts is the order of the sequence numbers.
pub(crate) fn id(prefix: &str, seed: u64, sequence: usize) -> String {
    let sequence = sequence as u64;
    let mut random = Random::for_item(seed, prefix, sequence);
    let mut text = String::with_capacity(prefix.len() + 27);
    text.push_str(prefix);
    text.push('_');
    push_base32(&mut text, EPOCH_MS + sequence * STEP_MS, 10);
    push_base32(&mut text, random.next(), 8);
    push_base32(&mut text, random.next(), 8);
    text
}

fn push_base32(text: &mut String, bits: u64, characters: u32) {
    for place in (0..characters).rev() {
        let digit = (bits >> (5 * place)) & 31;
        text.push(char::from(ALPHABET[digit as usize]));
    }
}

#[cfg(test)]
mod tests {
    use super::id;

    #[test]
    fn ids_look_like_hivers_and_sort_by_age() {
        let ids: Vec<String> = (0..500).map(|n| id("cnv", 7, n)).collect();
        assert!(ids.is_sorted());
        assert!(
            ids.iter()
                .all(|id| id.starts_with("cnv_01") && id.len() == 30)
        );
        assert_ne!(id("cnv", 7, 1), id("cnv", 8, 1));
    }
}
