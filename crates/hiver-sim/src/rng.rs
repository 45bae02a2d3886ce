//! Random numbers that stay the same for good.
//!
//! A state file is replayed over a world that is built again from its seed, perhaps by a later build of this
//! program. A generator of our own (SplitMix64, Steele, Lea and Flood 2014) cannot change under our feet, as
//! that of a library may between two releases.

/// A stream of random numbers that depends on its seed only.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// An independent stream for one `item` of one `purpose`, so that drawing more for one item never
    /// changes another.
    pub(crate) fn for_item(seed: u64, purpose: &str, item: u64) -> Self {
        let mut state = Self(seed ^ fingerprint(purpose.as_bytes()));
        let purpose_seed = state.next();
        let mut state = Self(purpose_seed ^ item.wrapping_mul(0xA24B_AED4_963E_E407));
        Self(state.next())
    }

    /// The next 64 random bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number in `0.0..1.0`.
    pub(crate) fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True with probability `p`.
    pub(crate) fn chance(&mut self, p: f64) -> bool {
        self.fraction() < p
    }

    /// A number in `0..bound`; 0 when `bound` is 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let wide = u128::from(self.next()) * bound as u128;
        usize::try_from(wide >> 64).unwrap_or(0)
    }

    /// Puts `items` in a random order (Fisher and Yates).
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last + 1);
            items.swap(last, other);
        }
    }
}

/// FNV-1a: a short name for a lot of bytes. Not for secrets.
pub(crate) fn fingerprint(bytes: &[u8]) -> u64 {
    fingerprint_more(0xCBF2_9CE4_8422_2325, bytes)
}

/// Goes on with a fingerprint that was begun with other bytes.
pub(crate) fn fingerprint_more(begun: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(begun, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_never_changes() {
        // Reference values of SplitMix64 for the seed 1234567.
        let mut random = Random(1_234_567);
        assert_eq!(random.next(), 6_457_827_717_110_365_317);
        assert_eq!(random.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn numbers_below_a_bound_reach_both_ends() {
        let mut random = Random(1);
        let mut seen = [false; 5];
        for _ in 0..200 {
            seen[random.below(5)] = true;
        }
        assert_eq!(seen, [true; 5]);
        assert_eq!(random.below(0), 0);
    }
}
