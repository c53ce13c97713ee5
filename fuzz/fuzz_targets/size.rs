//! Any text is a size or is refused. Whole numbers are exact, and a size as it is shown can be read again.
#![no_main]

use cachex::size::Size;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(size) = text.parse::<Size>() else { return };
    assert!(!text.contains('-'));
    if let Ok(bytes) = text.parse::<u64>() {
        assert_eq!(size, Size(bytes));
    }
    let shown: Size = size.to_string().parse().expect("what is shown can be read");
    assert!(shown.0.abs_diff(size.0) <= size.0 / 10);
});
