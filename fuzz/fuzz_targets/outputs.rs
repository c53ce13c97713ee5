//! Stored manifests: every one that is read is written the same, and names only paths below the working directory.
//! A pattern that matches a path matches all below it.

#![no_main]

use cachex::output_pattern::OutputPattern;
use cachex::outputs::OutputManifest;
use libfuzzer_sys::fuzz_target;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Component;

fuzz_target!(|bytes: &[u8]| {
    if let Some(manifest) = OutputManifest::decode(bytes) {
        assert_eq!(manifest.encode(), bytes);
        for entry in manifest.entries() {
            assert!(entry.path.components().all(|part| matches!(part, Component::Normal(_))));
            assert_eq!(manifest.get(&entry.path), Some(entry));
        }
    }
    let (word, path) = bytes.split_at(bytes.len() / 2);
    if let Ok(pattern) = OutputPattern::parse(OsStr::from_bytes(word)) {
        let below = [path, b"/x"].concat();
        assert!(!pattern.matches(path) || pattern.matches(&below));
    }
});
