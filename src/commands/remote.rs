//! `cachex remote`: new secrets, a check of the remote, and pushing what waits.

use super::answer::print;
use super::remote_check::check;
pub use super::remote_clear::clear;
use crate::error::Error;
use crate::exit::Exit;
use crate::options::{
    Asked, RemoteAction, RemoteOptions, Sharing, remote_in_force, store_directory,
};
use crate::remote::child::Transfer;
use crate::remote::new_secrets;
use crate::remote::push::detached::{PushReport, push_waiting};
use crate::terminal::Notices;
use crate::time::Lifetime;
use std::path::PathBuf;
use std::time::Duration;

/// Without a limit one push still ends.
const LONGEST: Duration = Duration::from_hours(1);

/// Does what was asked.
///
/// # Errors
/// When there is no remote, or the answer cannot be written.
pub fn run(options: &RemoteOptions, asked: &Asked, notices: &Notices) -> Result<Exit, Error> {
    match options.action {
        RemoteAction::Keygen => {
            let secrets = new_secrets().map_err(|fault| Error::Failed(fault.to_string()))?;
            print(&secrets).map(|()| Exit::Code(0))
        }
        RemoteAction::Check => check(&sharing(asked, notices)?, store(asked)?.as_path()),
        RemoteAction::Flush => flush(options.timeout, asked, notices),
    }
}

/// The remote that is set.
fn sharing(asked: &Asked, notices: &Notices) -> Result<Sharing, Error> {
    asked.findings.tell(notices);
    remote_in_force(&asked.in_force)
}

fn store(asked: &Asked) -> Result<PathBuf, Error> {
    store_directory(&asked.in_force).map_err(Error::Failed)
}

fn flush(timeout: Lifetime, asked: &Asked, notices: &Notices) -> Result<Exit, Error> {
    let (sharing, store) = (sharing(asked, notices)?, store(asked)?);
    let access = sharing.access().map_err(Error::Usage)?;
    let secrets = sharing.keys().map_err(Error::Usage)?;
    let within = match timeout {
        Lifetime::For(within) => within.min(LONGEST),
        Lifetime::Unlimited => LONGEST,
    };
    let pushed = push_waiting(&Transfer::new(access, within), &secrets, &store, within, true);
    let PushReport { pushed, refused, waiting, fault } =
        pushed.map_err(|fault| Error::Failed(format!("the outbox: {fault}")))?;
    if let Some(fault) = fault {
        notices.warn(&fault);
    }
    print(&format!("pushed {pushed}, refused {refused}, waiting {waiting}\n"))?;
    Ok(Exit::Code(u8::from(refused + waiting > 0)))
}
