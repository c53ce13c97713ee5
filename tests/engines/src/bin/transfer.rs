//! Makes one transfer as cachex does: `transfer URL OPERATION NAME`.
//!
//! `get` writes the object to standard output, `put` and `put-if-absent` read it from standard input. The answer goes to
//! standard error. TOKEN, CA, DIRECTORY, MILLIS and LIFETIME are variables.

use cachex::remote::child::{RemoteOperation, Transfer, is_asked_for, serve};
use cachex::remote::engine::{PutCondition, RemoteAccess};
use std::io::{self, Seek};
use std::process::exit;
use std::time::Duration;

fn main() {
    if let Some(object) = is_asked_for() {
        exit(serve(object).into());
    }
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [url, operation, name] = &words[..] else { panic!("three words") };
    let variable = |name: &str| std::env::var(name).ok();
    let number = |name: &str| variable(name).map(|text| text.parse::<u64>().expect("a number"));
    let access = RemoteAccess {
        url: url.parse().expect("an address"),
        token: variable("TOKEN"),
        ca: variable("CA").map(Into::into),
        directory: variable("DIRECTORY").map(Into::into),
    };
    let millis = number("MILLIS").unwrap_or(2000);
    let transfer = Transfer::new(access, Duration::from_millis(millis));
    let mut object = tempfile::tempfile().expect("a file");
    let mut put = |condition| {
        let length = io::copy(&mut io::stdin(), &mut object).expect("an object");
        RemoteOperation::Put { length, condition, lifetime_millis: number("LIFETIME") }
    };
    let operation = match &**operation {
        "get" => RemoteOperation::Get { bound: number("BOUND").unwrap_or(1 << 20) },
        "put" => put(PutCondition::Replace),
        "put-if-absent" => put(PutCondition::IfAbsent),
        "delete" => RemoteOperation::Delete,
        _ => RemoteOperation::Now,
    };
    let answer = transfer.run(name, operation, &object);
    if matches!(operation, RemoteOperation::Get { .. }) && answer.is_ok() {
        object.rewind().expect("a file");
        io::copy(&mut object, &mut io::stdout()).expect("written");
    }
    serde_json::to_writer(io::stderr(), &answer).expect("written");
}
