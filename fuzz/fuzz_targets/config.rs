//! Any bytes are a configuration file or are refused; a project's never sets what it may not.
#![no_main]

use cachex::options::files::file::ConfigFile;
use cachex::options::{Vocabulary, Whose};
use libfuzzer_sys::fuzz_target;
use std::path::Path;
use std::sync::OnceLock;

fuzz_target!(|bytes: &[u8]| {
    static VOCABULARY: OnceLock<Vocabulary> = OnceLock::new();
    let vocabulary = VOCABULARY.get_or_init(Vocabulary::default);
    for whose in [Whose::User, Whose::Project] {
        let Ok(file) = ConfigFile::parse(bytes, whose, Path::new("/project"), vocabulary) else {
            continue;
        };
        let told = format!("{file:?}");
        if whose == Whose::Project {
            for refused in ["hash_with", "cache_dir", "max_size", "warm", "only_if_cached", "quiet"]
            {
                assert!(!told.contains(&format!("\"{refused}\":")), "{told}");
            }
        }
    }
});
