//! Either side is killed while a result of some megabytes is fetched or pushed, and all of cachex has to cope.

use cachex_engines::machine::Machine;
use cachex_engines::nginx::Nginx;
use cachex_engines::process::send;
use cachex_engines::redis::Redis;
use rustix::process::Signal;
use std::process::{Child, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What it writes cannot be compressed. It may stop a server: that has been asked by then, and nothing is pushed yet.
const SCRIPT: &str = "echo $1 >> $HOME/runs\n[ -z \"$STOPS\" ] || kill -STOP $STOPS\ncat data\n";

const CALL: [&str; 4] = ["--file=data", "sh", "s.sh", "1"];

fn machine(url: &str) -> Machine {
    let machine = Machine::new(env!("CARGO_BIN_EXE_cachex"), url);
    machine.write("s.sh", SCRIPT);
    std::fs::write(machine.file("data"), noise()).expect("written");
    machine
}

fn noise() -> Vec<u8> {
    let numbers = (1..=500_000_u64).map(|n| {
        let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9).to_le_bytes()
    });
    numbers.flatten().collect()
}

fn is_right(output: &Output) -> bool {
    output.status.success() && output.stdout == noise()
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let hang = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < hang, "not {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// A server that gives so slowly that there is time for anything, and has the result.
fn slow() -> Nginx {
    let nginx = Nginx::start("limit_rate 200k;");
    let one = machine(&nginx.url(""));
    assert!(is_right(&one.call(&CALL)));
    one.wait_until_pushed();
    nginx
}

/// A call that is in the middle of a fetch.
fn fetching(machine: &Machine) -> Child {
    let mut command = machine.command(&CALL);
    let call = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a call");
    wait_until("fetching", || !machine.transfers().is_empty());
    thread::sleep(Duration::from_millis(300));
    assert_eq!(machine.transfers().len(), 1, "it is being fetched");
    call
}

#[test]
fn a_server_that_is_killed_during_a_fetch_costs_a_warning() {
    let mut nginx = slow();
    let other = machine(&nginx.url(""));
    let call = fetching(&other);
    nginx.server.kill();
    let output = call.wait_with_output().expect("a call");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(is_right(&output), "{told}");
    assert_eq!((told.lines().count(), other.runs().len()), (1, 1), "{told}");
    assert!(told.starts_with("cachex: warning: the remote "), "{told}");
    let hit = other.call(&CALL);
    assert!(is_right(&hit) && hit.stderr.is_empty() && other.runs().len() == 1);
}

#[test]
fn a_transfer_that_is_killed_during_a_fetch_costs_a_warning() {
    let nginx = slow();
    let other = machine(&nginx.url(""));
    let call = fetching(&other);
    assert_eq!(other.kill_transfers(), 1);
    let output = call.wait_with_output().expect("a call");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(is_right(&output), "{told}");
    assert_eq!((told.lines().count(), other.runs().len()), (1, 1), "{told}");
    assert!(told.contains("ended early"), "{told}");
}

#[test]
fn a_caller_that_is_killed_during_a_fetch_leaves_nothing_behind() {
    let nginx = slow();
    let other = machine(&nginx.url(""));
    let mut call = fetching(&other);
    call.kill().expect("killed");
    assert!(call.wait_with_output().expect("a call").stdout.is_empty());
    wait_until("without transfers", || other.transfers().is_empty());
    let files = std::fs::read_dir(other.store()).expect("a store").flatten();
    let large = files.filter(|file| file.metadata().is_ok_and(|it| it.len() > 1_000_000));
    assert_eq!(large.count(), 0, "a part of the result");
    let call = fetching(&other);
    // Another one fetches it as if nothing had been, or would if it were not for this.
    other.kill_transfers();
    assert!(is_right(&call.wait_with_output().expect("a call")));
}

#[test]
fn a_push_that_is_killed_is_made_up_for() {
    let redis = Redis::start(&[]);
    for does in ["transfer", "push"] {
        let at = || machine(&redis.url()).with("CACHEX_REMOTE_NAMESPACE", does);
        let one = at().with("STOPS", &redis.server.id().to_string());
        assert!(is_right(&one.call(&CALL)));
        wait_until("pushing", || !one.transfers().is_empty());
        let killed = if does == "push" { one.pushers() } else { one.transfers() };
        assert_eq!(killed.len(), 1, "{does}");
        send(killed[0], Signal::KILL);
        wait_until("without transfers", || one.transfers().is_empty() && one.pushers().is_empty());
        send(redis.server.id(), Signal::CONT);
        let flush = || one.call(&["remote", "flush", "--timeout", "60s"]);
        wait_until("pushed", || flush().status.success());
        let other = at();
        assert!(is_right(&other.call(&CALL)) && other.runs().is_empty(), "{does}");
    }
}

#[test]
fn a_server_that_is_killed_during_a_push_gets_it_later() {
    let mut redis = Redis::start(&["--appendonly", "yes", "--appendfsync", "no"]);
    for (round, stops) in [true, false, false, false, false].into_iter().enumerate() {
        let namespace = format!("round-{round}");
        let at = || machine(&redis.url()).with("CACHEX_REMOTE_NAMESPACE", &namespace);
        let stops = if stops { redis.server.id().to_string() } else { String::new() };
        let (one, other) = (at().with("STOPS", &stops), at());
        assert!(is_right(&one.call(&CALL)));
        wait_until("pushing", || stops.is_empty() || !one.transfers().is_empty());
        thread::sleep(Duration::from_millis(10) * u32::try_from(round).expect("small"));
        redis.server.kill();
        assert!(is_right(&one.call(&CALL)), "a hit needs no server");
        redis.server.start_again();
        let flush = || one.call(&["remote", "flush", "--timeout", "60s"]);
        wait_until("pushed", || flush().status.success());
        let output = other.call(&CALL);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(is_right(&output) && other.runs().is_empty(), "round {round}: {told}");
    }
}
