//! Any text is a set of exit codes or is refused. A list contains what its parts contain, and is never empty.
#![no_main]

use cachex::exit::ExitCodes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let parts: Result<Vec<ExitCodes>, _> = text.split(',').map(str::parse).collect();
    let whole: Result<ExitCodes, _> = text.parse();
    assert_eq!(whole.is_ok(), parts.is_ok());
    let (Ok(whole), Ok(parts)) = (whole, parts) else { return };
    for code in 0..=u8::MAX {
        assert_eq!(whole.contain(code), parts.iter().any(|part| part.contain(code)));
    }
    assert!((0..=u8::MAX).any(|code| whole.contain(code)));
});
