//! A large object takes no more memory than a small one.

use cachex::remote::child::{RemoteAnswer, RemoteOperation, Transfer};
use cachex::remote::engine::{PutCondition, RemoteAccess};
use cachex_engines::nginx::Nginx;
use cachex_engines::redis::Redis;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Bytes of the object.
const LENGTH: u64 = 100 << 20;

/// Kilobytes that a transfer may take.
const MOST: u64 = 16 << 10;

/// The most memory in kilobytes that a child of this process has taken, as seen while the work is done.
fn peak_of_children(work: impl FnOnce()) -> u64 {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut peak = 0;
            while !is_over.load(Ordering::Relaxed) {
                peak = peak
                    .max(children().filter_map(|status| high_water(&status)).max().unwrap_or(0));
                thread::sleep(Duration::from_millis(2));
            }
            peak
        });
        work();
        is_over.store(true, Ordering::Relaxed);
        watch.join().expect("a peak")
    })
}

/// The status of each process that makes a transfer.
fn children() -> impl Iterator<Item = String> {
    let parent = format!("PPid:\t{}\n", std::process::id());
    let processes = fs::read_dir("/proc").expect("listed").filter_map(|entry| {
        let path = entry.ok()?.path();
        let words = fs::read(path.join("cmdline")).ok()?;
        words.windows(10).any(|part| part == b"__transfer").then_some(())?;
        fs::read_to_string(path.join("status")).ok()
    });
    processes.filter(move |status| status.contains(&parent))
}

fn high_water(status: &str) -> Option<u64> {
    let (_, rest) = status.split_once("VmHWM:")?;
    rest.split_whitespace().next()?.parse().ok()
}

#[test]
fn a_hundred_megabytes_are_moved_in_sixteen() {
    let (redis, nginx, secret) = (Redis::start(&[]), Nginx::start(""), Nginx::encrypted(false));
    let ca = secret.certificates.as_ref().map(|certificates| certificates.ca.clone());
    for (url, ca) in [
        (format!("redis://127.0.0.1:{}", redis.server.port), None),
        (format!("http://127.0.0.1:{}", nginx.server.port), None),
        (format!("https://localhost:{}", secret.server.port), ca),
    ] {
        let access = RemoteAccess {
            url: url.parse().expect("an address"),
            token: (!url.starts_with("redis")).then(|| "writer".to_owned()),
            ca,
            directory: None,
        };
        let mut transfer = Transfer::new(access, Duration::from_secs(100));
        transfer.program = env!("CARGO_BIN_EXE_transfer").into();
        let chunk: Vec<u8> = (0..1 << 20).map(|at| (at % 251) as u8).collect();
        let mut object = tempfile::tempfile().expect("a file");
        (0..LENGTH >> 20).for_each(|_| object.write_all(&chunk).expect("written"));
        let run =
            |operation, object: &File| transfer.run("v1/large", operation, object).expect(&url);
        let peak = peak_of_children(|| {
            let condition = PutCondition::Replace;
            let put = RemoteOperation::Put { length: LENGTH, condition, lifetime_millis: None };
            assert_eq!(run(put, &object), RemoteAnswer::Stored);
            let back = tempfile::tempfile().expect("a file");
            let found = run(RemoteOperation::Get { bound: LENGTH }, &back);
            assert!(matches!(found, RemoteAnswer::Found { length: LENGTH, .. }));
            let mut last = vec![0; chunk.len()];
            back.read_exact_at(&mut last, LENGTH - chunk.len() as u64).expect("whole");
            assert!(last == chunk);
        });
        println!("{url}: {peak} KB");
        assert!((1..=MOST).contains(&peak), "{url}: {peak} KB");
    }
}
