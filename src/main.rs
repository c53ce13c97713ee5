//! The `cachex` binary: everything lives in the library.

fn main() -> std::process::ExitCode {
    cachex::main()
}
