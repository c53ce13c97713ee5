//! Any bytes are a message between cachex and the process of a transfer, or are refused.
#![no_main]

use cachex::remote::child::{read_answer, read_request};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = read_request(bytes);
    if let Some(Err(fault)) = read_answer(bytes) {
        let _ = (fault.to_string(), fault.is_an_outage(), fault.retry_after());
    }
});
