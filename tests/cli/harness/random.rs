//! Random numbers.

use super::machine::say;

/// Random numbers that can be reproduced by `SEED=… cargo test …`.
pub struct Random(u64);

impl Random {
    pub fn new() -> Self {
        let given = std::env::var("SEED").ok().map(|seed| seed.parse().expect("a number"));
        let now = std::time::UNIX_EPOCH.elapsed().expect("a date after 1970");
        let seed = given.unwrap_or_else(|| u64::from(now.subsec_nanos()));
        say(format_args!("SEED={seed}"));
        Self(seed)
    }

    /// Another sequence, which this one decides.
    pub fn another(&mut self) -> Self {
        Self(self.next())
    }

    /// The next number of a `SplitMix64` generator.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).expect("64 bits");
        usize::try_from(self.next() % limit).expect("small")
    }

    pub fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill_with(|| self.next().to_le_bytes()[0]);
    }
}
