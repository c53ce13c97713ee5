//! A large object takes no more memory than a small one, nor does a large result.

use cachex::remote::child::{RemoteAnswer, RemoteOperation, Transfer};
use cachex::remote::engine::{PutCondition, RemoteAccess};
use cachex_engines::machine::Machine;
use cachex_engines::nginx::Nginx;
use cachex_engines::redis::Redis;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Bytes of the object.
const LENGTH: u64 = 100 << 20;

/// Kilobytes that a transfer may take.
const MOST: u64 = 16 << 10;

/// Kilobytes that a call and its pushes may take. The program that is tested is not optimized; another one takes half.
const MOST_OF_A_CALL: u64 = 24 << 10;

/// The most memory in kilobytes that a process has taken, as seen while the work is done. `processes`: their states.
fn peak_of<P: Iterator<Item = String>>(
    processes: impl Fn() -> P + Sync,
    work: impl FnOnce(),
) -> u64 {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut peak = 0;
            while !is_over.load(Ordering::Relaxed) {
                let highest = processes().filter_map(|status| high_water(&status)).max();
                peak = peak.max(highest.unwrap_or(0));
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
        let peak = peak_of(children, || {
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

#[test]
fn a_result_of_a_hundred_megabytes_takes_little_memory() {
    let redis = Redis::start(&[]);
    let at = || {
        let machine = Machine::new(env!("CARGO_BIN_EXE_cachex"), &redis.url());
        machine.write("s.sh", "echo ran >> $HOME/runs; head -c 104857600 data\n");
        machine.with("CACHEX_MAX_OUTPUT", "200MB")
    };
    let (one, other) = (at(), at());
    let noise: Vec<u8> = (0..LENGTH >> 3)
        .flat_map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes())
        .collect();
    fs::write(one.file("data"), &noise).expect("written");
    let call = |machine: &Machine| {
        let mut command = machine.command(&["sh", "s.sh"]);
        let mut call = command.stdout(Stdio::piped()).spawn().expect("a call");
        let mut output = call.stdout.take().expect("a pipe");
        let mut chunk = vec![0; 1 << 16];
        let mut at = 0;
        loop {
            let read = output.read(&mut chunk).expect("read");
            assert!(noise[at..at + read] == chunk[..read], "other bytes");
            at += read;
            if read == 0 {
                break;
            }
        }
        assert!(call.wait().expect("a call").success() && at == noise.len());
    };
    let push = peak_of(
        || ours(&one),
        || {
            call(&one);
            assert!(one.call(&["remote", "flush", "--timeout", "60s"]).status.success());
        },
    );
    let fetch = peak_of(|| ours(&other), || call(&other));
    println!("{push} KB to run and push, {fetch} KB to fetch");
    assert!(other.runs().is_empty());
    for peak in [push, fetch] {
        assert!((1..=MOST_OF_A_CALL).contains(&peak), "{push} KB, {fetch} KB");
    }
}

/// The status of each process of cachex that runs for a machine.
fn ours(machine: &Machine) -> impl Iterator<Item = String> {
    let home = format!("HOME={}", machine.home().display()).into_bytes();
    fs::read_dir("/proc").expect("listed").filter_map(move |entry| {
        let path = entry.ok()?.path();
        let name = fs::read_to_string(path.join("comm")).ok()?;
        let environment = fs::read(path.join("environ")).ok()?;
        let is_ours = environment.split(|byte| *byte == 0).any(|line| line == home);
        (is_ours && name != "sh\n" && name != "head\n").then_some(())?;
        fs::read_to_string(path.join("status")).ok()
    })
}
