//! Ages count in the clock of the store, whatever those of the machines say.

use super::machine::{checkout, sharing, wait_until_pushed};
use super::server::Server;

#[test]
fn the_end_of_a_run_is_told_in_the_clock_of_the_store() {
    for ahead in [3600, -3600] {
        let (server, one, other) =
            (Server::with_clock_ahead(ahead), checkout("echo out"), checkout("echo out"));
        // It has heard of that clock only that nothing was there, or was not to be asked at all.
        for words in ["./s.sh", "--refresh ./s.sh a", "--remote-mode write ./s.sh b"] {
            sharing(&one, &server, words).gives("out\n");
        }
        wait_until_pushed(&one);
        for words in ["./s.sh", "./s.sh a", "./s.sh b"] {
            sharing(&other, &server, &format!("--ttl 30m {words}")).gives("out\n");
        }
        assert_eq!((one.runs(), other.runs()), (3, 0), "{ahead}");
    }
}

#[test]
fn who_never_heard_the_clock_of_the_store_asks_for_it_before_the_push() {
    for ahead in [3600, -3600] {
        let (server, one, other) =
            (Server::with_clock_ahead(ahead), checkout("echo $1"), checkout("echo $1"));
        // The first question fails, and after that none is asked.
        server.answer_once("GET", "503 Service Unavailable");
        sharing(&one, &server, "./s.sh a").warns("a\n", "503");
        sharing(&one, &server, "./s.sh b").gives("b\n");
        wait_until_pushed(&one);
        for word in ["a", "b"] {
            sharing(&other, &server, &format!("--ttl 30m ./s.sh {word}"))
                .gives(format!("{word}\n"));
        }
        assert_eq!((one.runs(), other.runs()), (2, 0), "{ahead}");
    }
}

#[test]
fn who_may_not_ask_for_the_clock_of_the_store_goes_by_their_own() {
    let (server, one, other) = (Server::new(), checkout("echo out"), checkout("echo out"));
    server.forbid("GET");
    server.forbid("HEAD");
    sharing(&one, &server, "--remote-mode write ./s.sh").warns("out\n", "403");
    wait_until_pushed(&one);
    server.allow("GET");
    server.allow("HEAD");
    sharing(&other, &server, "--ttl 30m ./s.sh").gives("out\n");
    assert_eq!(other.runs(), 0);
}
