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
