//! Any bytes select variables or are refused. The selected name is the word without the blanks around it.
#![no_main]

use cachex::key::VariableSelector;
use libfuzzer_sys::fuzz_target;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

fuzz_target!(|input: (&[u8], &str)| {
    let (bytes, variable) = input;
    let word = bytes.trim_ascii();
    match VariableSelector::parse(OsStr::from_bytes(bytes)) {
        Ok(VariableSelector::Name(name)) => {
            assert_eq!(name.as_bytes(), word);
            assert!(!word.is_empty() && !word.contains(&b'='));
        }
        Ok(VariableSelector::Glob(glob)) => {
            assert_eq!(glob.as_str().as_bytes(), word);
            let _ = glob.matches(variable);
        }
        Err(problem) => assert!(!problem.is_empty()),
    }
});
