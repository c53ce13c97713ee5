//! Two machines and a store between them: what one has run, the other replays.

use cachex_engines::machine::Machine;
use cachex_engines::nginx::Nginx;
use cachex_engines::redis::Redis;
use cachex_engines::s3::S3;
use std::thread;
use std::time::Duration;

/// A machine with a command that writes so many bytes.
fn machine(url: &str) -> Machine {
    let machine = Machine::new(env!("CARGO_BIN_EXE_cachex"), url);
    let script = "echo ran >> $HOME/runs\nhead -c \"$1\" /dev/zero | tr '\\0' x\necho to-stderr >&2\nexit 0\n";
    machine.write("s.sh", script);
    machine
}

#[test]
fn what_one_machine_has_run_another_replays() {
    let (redis, nginx) = (Redis::start(&[]), Nginx::start(""));
    let s3 = S3::start(env!("CARGO_BIN_EXE_s3-server"));
    for url in [
        format!("redis://127.0.0.1:{}", redis.server.port),
        format!("http://127.0.0.1:{}/cache", nginx.server.port),
        format!("s3+http://127.0.0.1:{}/bucket/prefix", s3.server.port),
    ] {
        let (one, other) = (machine(&url), machine(&url));
        for length in ["0", "10", "5000000"] {
            let first = one.call(&["sh", "s.sh", length]);
            assert!(first.status.success(), "{url}: {first:?}");
            one.wait_until_pushed();
            let second = other.call(&["sh", "s.sh", length]);
            assert!(first == second, "{url}: {length} bytes");
            assert_eq!(String::from_utf8_lossy(&second.stderr), "to-stderr\n");
            assert_eq!(second.stdout.len().to_string(), length);
        }
        assert_eq!((one.runs().len(), other.runs().len()), (3, 0), "{url}");
    }
}

/// `clear --remote` on any machine, while others run the command for new data: nobody gets a result for the old data once
/// it was cleared and the runs that were under way are over.
#[test]
fn what_is_cleared_on_one_machine_is_gone_for_all() {
    let (redis, nginx) = (Redis::start(&[]), Nginx::start(""));
    let s3 = S3::start(env!("CARGO_BIN_EXE_s3-server"));
    for url in [redis.url(), nginx.url(""), s3.url()] {
        let fleet: Vec<Machine> = (0..4).map(|_| machine_of_data(&url)).collect();
        let checked = fleet[0].call(&["remote", "check"]);
        assert!(checked.status.success(), "{url}: {checked:?}");
        let give = |data: &str| fleet.iter().for_each(|it| it.write("data", data));
        for round in 0..3 {
            give("old\n");
            thread::scope(|scope| {
                for machine in &fleet {
                    scope.spawn(|| machine.call(&["--refresh", "sh", "s.sh"]));
                }
                // Runs of the old data are under way, pushed or waiting.
                thread::sleep(Duration::from_millis(40 * round));
                give("new\n");
            });
            let cleared = fleet[0].call(&["clear", "--remote", "--", "sh", "s.sh"]);
            assert!(cleared.status.success(), "{url}: {cleared:?}");
            fleet.iter().for_each(Machine::wait_until_pushed);
            let others = [machine_of_data(&url), machine_of_data(&url)];
            for other in &others {
                other.write("data", "new\n");
                let output = other.call(&["sh", "s.sh"]);
                assert_eq!(String::from_utf8_lossy(&output.stdout), "new\n", "{url}");
                others[0].wait_until_pushed();
            }
            assert_eq!(others.map(|other| other.runs().len()), [1, 0], "{url}: shared again");
        }
    }
}

/// A machine with a command that prints data of which its key knows nothing.
fn machine_of_data(url: &str) -> Machine {
    let machine = Machine::new(env!("CARGO_BIN_EXE_cachex"), url);
    machine.write("s.sh", "cat data; echo ran >> $HOME/runs; sleep 0.05\n");
    machine
}

#[test]
fn a_store_that_is_away_changes_nothing() {
    let mut redis = Redis::start(&[]);
    let one = machine(&redis.url());
    redis.server.kill();
    let first = one.call(&["sh", "s.sh", "3"]);
    assert_eq!((first.status.code(), &first.stdout[..]), (Some(0), &b"xxx"[..]));
    let told = String::from_utf8_lossy(&first.stderr).into_owned();
    assert!(told.contains("to-stderr\n"), "{told}");
    assert_eq!(told.matches("cachex: warning: ").count(), 1, "one warning: {told}");
    // While the outage lasts nothing is said any more.
    let second = one.call(&["sh", "s.sh", "4"]);
    assert_eq!(String::from_utf8_lossy(&second.stderr), "to-stderr\n");
}
