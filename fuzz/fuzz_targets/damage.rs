//! However the bytes of the database are changed or cut off, the store gives what was stored, or nothing.
#![no_main]

mod sample;

use libfuzzer_sys::fuzz_target;
use std::fs;

fuzz_target!(|input: (Vec<(u32, u8)>, Option<u32>)| {
    let (changes, cut) = input;
    let (directory, path) = sample::fresh();
    let mut database = fs::read(&path).expect("read");
    for (at, byte) in changes {
        let at = at as usize % database.len();
        database[at] ^= byte;
    }
    if let Some(cut) = cut {
        database.truncate(cut as usize % database.len());
    }
    fs::write(&path, database).expect("written");
    sample::check(directory);
});
