//! `cachex remote check`: what works with a remote, what does not, and what would help.

use super::answer::print_styled;
use super::findings::shown;
use crate::error::Error;
use crate::exit::Exit;
use crate::options::{RemoteMode, Sharing};
use crate::remote::breaker::{Breaker, RemoteDirection};
use crate::remote::check::{TriedRemote, TriedRights, TriedStep, try_remote};
use crate::remote::child::Transfer;
use crate::remote::engine::RemoteFault;
use crate::remote::url::{RemoteProtocol, RemoteUrl};
use crate::remote::{Namespace, Sealing, Secrets};
use crate::store::{Finding, Health};
use crate::time::brief;
use std::path::Path;
use std::time::Duration;

/// A clock that differs by more than this makes results seem older or younger than they are to those who only look.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(2);

/// Prints a line for each thing that was looked at. Exits with 1 if there is a problem. `store` knows of outages.
///
/// # Errors
/// When the remote cannot even be asked, or the lines cannot be written.
pub(super) fn check(sharing: &Sharing, store: &Path) -> Result<Exit, Error> {
    let access = sharing.access().map_err(Error::Usage)?;
    let namespace: Namespace = sharing.namespace.parse().map_err(Error::Usage)?;
    let transfer = Transfer::new(access, sharing.timeout);
    let secrets = sharing.keys();
    let tried = try_remote(&transfer, &namespace, secrets.as_ref().ok());
    let tried = tried.map_err(|fault| Error::Failed(fault.to_string()))?;
    if let Some(rights) = &tried.rights {
        note_answers(rights, store, &transfer.access.url);
    }
    let mut report =
        CheckReport { url: &transfer.access.url, mode: sharing.mode, lines: Vec::new(), fix: None };
    report.tell_remote();
    report.tell_secrets(&secrets);
    report.tell_answers(&tried);
    report.print()
}

/// The calls that leave the remote alone after a fault may ask it again.
fn note_answers(rights: &TriedRights, store: &Path, url: &RemoteUrl) {
    let steps = [(&rights.read, RemoteDirection::Read), (&rights.write, RemoteDirection::Write)];
    for (_, direction) in steps.into_iter().filter(|(step, _)| step.answer.is_ok()) {
        Breaker::new(store, url, direction).note_answer();
    }
}

struct CheckReport<'r> {
    url: &'r RemoteUrl,
    mode: RemoteMode,
    lines: Vec<Finding>,
    /// What helps against the first problem.
    fix: Option<String>,
}

impl CheckReport<'_> {
    fn ok(&mut self, subject: &'static str, text: String) {
        self.lines.push((subject, Health::Ok(text)));
    }

    fn warning(&mut self, subject: &'static str, text: String) {
        self.lines.push((subject, Health::Warning(text)));
    }

    fn problem(&mut self, subject: &'static str, text: String, fix: String) {
        self.lines.push((subject, Health::Problem(text)));
        self.fix.get_or_insert(fix);
    }

    fn tell_remote(&mut self) {
        let url = self.url;
        if url.is_encrypted {
            self.ok("remote", format!("{url}, encrypted by TLS"));
        } else if url.is_local() {
            self.ok("remote", format!("{url}, not encrypted: on this machine only"));
        } else {
            let text = "not encrypted: passwords can be read on the way, results cannot";
            self.warning("remote", format!("{url}, {text}"));
        }
        match self.mode {
            RemoteMode::Off => self.warning("mode", "off: no call uses it".to_owned()),
            RemoteMode::Read => self.ok("mode", "read: calls ask it, and give nothing".to_owned()),
            RemoteMode::Write => self.ok("mode", "write: calls give, and never ask".to_owned()),
            RemoteMode::ReadWrite => self.ok("mode", "read-write".to_owned()),
        }
    }

    fn tell_secrets(&mut self, secrets: &Result<Secrets, String>) {
        let sealing = match secrets {
            Ok(secrets) => secrets.sealing(),
            Err(bad) => {
                let fix = "cachex remote keygen prints new secrets, and where each belongs";
                return self.problem("key", bad.clone(), fix.to_owned());
            }
        };
        self.ok("key", "set: it encrypts results and hides their names".to_owned());
        let keys = |count| if count == 1 { "1 key".to_owned() } else { format!("{count} keys") };
        match sealing {
            Sealing::ByTeamKey => self.ok(
                "signing",
                "none: every machine that has the key of the team and may write is trusted"
                    .to_owned(),
            ),
            Sealing::Signs { is_unlisted: true, .. } => {
                let text = "this machine signs, but CACHEX_REMOTE_TRUST lacks its public key: others refuse its results";
                self.warning("signing", text.to_owned());
            }
            Sealing::Signs { trusted, .. } => {
                self.ok("signing", format!("this machine signs, and trusts {}", keys(trusted)));
            }
            Sealing::OnlyVerifies { trusted } => {
                let text = format!("this machine only verifies, and trusts {}", keys(trusted));
                if self.mode.writes() {
                    let fix = "set CACHEX_REMOTE_SIGN_KEY where results may be given, or use --remote-mode read";
                    self.problem("signing", text, fix.to_owned());
                } else {
                    self.ok("signing", text);
                }
            }
        }
    }

    fn tell_answers(&mut self, tried: &TriedRemote) {
        let TriedStep { answer, took } = &tried.clock;
        let took = millis(*took);
        match answer {
            Ok(ahead) if ahead.unsigned_abs() <= in_millis(CLOCK_TOLERANCE) => {
                self.ok("clock", format!("as ours; answered in {took}"));
            }
            Ok(ahead) => {
                let side = if *ahead > 0 { "ahead of" } else { "behind" };
                let by = brief(Duration::from_millis(ahead.unsigned_abs()));
                let text = format!("{by} {side} ours, which is allowed for; answered in {took}");
                self.warning("clock", text);
            }
            Err(fault) => self.problem("server", fault.to_string(), self.help(fault)),
        }
        let Some(TriedRights { name, length, write, read, delete }) = &tried.rights else { return };
        self.tell_right("write", write, self.mode.writes(), &format!("{length}B in"));
        self.tell_right("read", read, self.mode.reads(), "in");
        match (&delete.answer, &write.answer) {
            (Ok(()), _) => self.ok("delete", format!("allowed; in {}", millis(delete.took))),
            (Err(fault), Ok(())) => {
                let stays = format!("the object of this check stays until the next one: {name}");
                self.ok("delete", format!("not allowed, not needed ({fault}); {stays}"));
            }
            (Err(fault), _) => self.ok("delete", format!("not allowed, not needed ({fault})")),
        }
    }

    fn tell_right(
        &mut self,
        subject: &'static str,
        TriedStep { answer, took }: &TriedStep<()>,
        is_needed: bool,
        how: &str,
    ) {
        match answer {
            Ok(()) => self.ok(subject, format!("allowed; {how} {}", millis(*took))),
            Err(fault) if is_needed => {
                let fix = match fault {
                    RemoteFault::Unauthorized(_) | RemoteFault::Refused(_)
                        if subject == "write" =>
                    {
                        format!("{}, or use --remote-mode read", self.right_to_write())
                    }
                    fault => self.help(fault),
                };
                self.problem(subject, fault.to_string(), fix);
            }
            Err(fault) => {
                self.ok(subject, format!("not allowed, not needed in this mode ({fault})"));
            }
        }
    }

    fn right_to_write(&self) -> &'static str {
        match self.url.protocol {
            RemoteProtocol::Redis => "give the user +set on ~cachex:*",
            RemoteProtocol::S3 => "give the role s3:PutObject on the objects",
            RemoteProtocol::Http => "let this user PUT below that path",
        }
    }

    /// What helps against a fault.
    fn help(&self, fault: &RemoteFault) -> String {
        let protocol = self.url.protocol;
        let text = match fault {
            RemoteFault::Unauthorized(_) => match protocol {
                RemoteProtocol::Redis => {
                    "check the user and the password in the address, or CACHEX_REMOTE_TOKEN; a user needs +get +time on ~cachex:*"
                }
                RemoteProtocol::S3 => {
                    "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the role; it needs s3:GetObject, and s3:ListBucket on the bucket"
                }
                RemoteProtocol::Http => {
                    "check the user and the password in the address, or CACHEX_REMOTE_TOKEN"
                }
            },
            RemoteFault::Unreachable(what) if what.contains("TLS") => {
                "name the certificate of your own authority by CACHEX_REMOTE_CA, and check the name of the host"
            }
            RemoteFault::Unreachable(_) => {
                "check the host and the port in --remote, and that the server runs"
            }
            RemoteFault::Timeout(_) => {
                "check the host, the port and firewalls, or give it more time by --remote-timeout"
            }
            RemoteFault::Throttled { .. } | RemoteFault::Failing(_) => {
                "the fault is on the server's side: look into its log, or try again later"
            }
            RemoteFault::Garbage(_) => {
                "check that the scheme and the port of --remote are those of the server"
            }
            RemoteFault::Refused(_)
            | RemoteFault::TooLarge { .. }
            | RemoteFault::TooLargeThere(_) => match protocol {
                RemoteProtocol::Redis => "check the database in --remote, and the server's log",
                RemoteProtocol::S3 => "check the bucket and the region in --remote",
                RemoteProtocol::Http => "check the path in --remote, and that the server takes PUT",
            },
            RemoteFault::Local(_) => "the fault is on this machine, before anything was asked",
        };
        text.to_owned()
    }

    fn print(self) -> Result<Exit, Error> {
        let fix = self.fix.as_ref().map(|fix| format!("fix: {fix}\n")).unwrap_or_default();
        print_styled(&(shown(self.lines) + &fix))?;
        Ok(Exit::Code(self.fix.is_some().into()))
    }
}

fn in_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A latency: to a tenth of a millisecond, if it is short.
fn millis(took: Duration) -> String {
    if took < Duration::from_millis(100) {
        format!("{:.1}ms", took.as_secs_f64() * 1000.0)
    } else {
        brief(took)
    }
}
