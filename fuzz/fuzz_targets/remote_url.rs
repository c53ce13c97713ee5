//! Any text is the address of a remote or is refused, and its password is never shown.
#![no_main]

use cachex::remote::url::RemoteUrl;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(url) = text.parse::<RemoteUrl>() else { return };
    let shown = url.to_string();
    assert!(shown.is_ascii() && !shown.contains('@'));
    assert_eq!(format!("{url:?}"), format!("RemoteUrl({shown})"));
    let insecure = if text.starts_with("insecure+") { "insecure+" } else { "" };
    let again: RemoteUrl = format!("{insecure}{shown}").parse().expect("an address");
    assert_eq!(again.to_string(), shown);
});
