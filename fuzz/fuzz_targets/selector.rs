//! Any bytes select variables or are refused; a name selects just itself.
#![no_main]

use cachex::key::VariableSelector;
use libfuzzer_sys::fuzz_target;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

fuzz_target!(|input: (&[u8], &str)| {
    let (bytes, variable) = input;
    match VariableSelector::parse(OsStr::from_bytes(bytes)) {
        Ok(VariableSelector::Name(name)) => {
            assert_eq!(name.as_bytes(), bytes);
            assert!(!bytes.is_empty() && !bytes.contains(&b'='));
        }
        Ok(VariableSelector::Glob(glob)) => {
            assert_eq!(glob.as_str().as_bytes(), bytes);
            let _ = glob.matches(variable);
        }
        Err(problem) => assert!(!problem.is_empty()),
    }
});
