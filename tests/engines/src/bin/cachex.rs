//! cachex itself, for tests that need all of it.

fn main() -> std::process::ExitCode {
    cachex::main().into()
}
