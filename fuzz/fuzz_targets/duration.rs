//! Any text is a lifetime or is refused. A lifetime as it is shown can be read again, and is never longer.
#![no_main]

use cachex::time::Lifetime;
use libfuzzer_sys::fuzz_target;
use std::time::Duration;

fuzz_target!(|text: &str| {
    let Ok(lifetime) = text.parse::<Lifetime>() else { return };
    assert!(!text.trim().starts_with('-'));
    assert_eq!(format!("\t{text} ").parse(), Ok(lifetime));
    assert!(lifetime.covers(Duration::ZERO) == (lifetime != Lifetime::ZERO));
    match (lifetime, lifetime.to_string().parse()) {
        (Lifetime::For(exact), Ok(Lifetime::For(shown))) => {
            assert!(shown <= exact && exact - shown <= exact / 10 + Duration::from_millis(1));
            assert!(!lifetime.covers(exact));
            assert!(i64::try_from(exact.as_millis()).is_ok());
        }
        (lifetime, shown) => assert_eq!((lifetime, shown), (Lifetime::Unlimited, Ok(lifetime))),
    }
});
