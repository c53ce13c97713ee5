//! Any bytes are a configuration file or are refused. A project's file never sets what it may not set.
#![no_main]

use cachex::options::{ConfigFile, FileOwner};
use libfuzzer_sys::fuzz_target;
use std::path::Path;

fuzz_target!(|bytes: &[u8]| {
    for owner in [FileOwner::User, FileOwner::Project] {
        let Ok(file) = ConfigFile::parse(bytes, owner, Path::new("/project/.cachex.toml")) else {
            continue;
        };
        if owner == FileOwner::Project {
            for layer in file.layers() {
                assert!(layer.hash_with.value().is_none() && layer.cache_dir.value().is_none());
                assert!(layer.max_size.value().is_none() && layer.warm.value().is_none());
                assert!(layer.only_if_cached.value().is_none() && layer.quiet.value().is_none());
            }
        }
    }
});
