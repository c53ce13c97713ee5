//! What `cachex doctor` says of a remote: what is set, whether it is left alone, and what waits. It asks nobody.

use crate::options::{RemoteMode, Sharing};
use crate::remote::Sealing;
use crate::remote::access::kept_credentials;
use crate::remote::breaker::{Breaker, RemoteDirection};
use crate::remote::push::refused::RefusedResults;
use crate::remote::push::survey::{OutboxSurvey, WaitingSince};
use crate::remote::url::{RemoteProtocol, RemoteUrl};
use crate::store::{Finding, Health};
use crate::time::{Timestamp, brief};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// What waits for longer than this does not wait for the end of an outage alone.
const LONG: Duration = Duration::from_mins(15);

/// Engines tell the time in seconds.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(2);

/// A line for each part of sharing; none where no remote is set and nothing waits. `directory` is that of the store.
pub(super) fn examine(sharing: Option<&Sharing>, directory: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    let url = sharing.map(|sharing| {
        let access = sharing.access();
        findings.push(("remote", remote(sharing, access.as_ref().map(|access| &access.url))));
        findings.push(("key", key(sharing)));
        access.map(|access| access.url)
    });
    let url = url.and_then(Result::ok);
    if let (Some(url), Some(sharing)) = (&url, sharing) {
        let breakers = [
            ("asking", RemoteDirection::Read, sharing.mode.reads()),
            ("pushing", RemoteDirection::Write, sharing.mode.writes()),
        ];
        for (subject, direction, _) in breakers.into_iter().filter(|(.., is_used)| *is_used) {
            findings.push((
                subject,
                if is_read_only(directory) {
                    Health::Warning("the remote is not used: the store is read-only".to_owned())
                } else {
                    breaker(&Breaker::new(directory, url, direction))
                },
            ));
        }
    }
    if let Some(Err(refused)) = kept_credentials().filter(|_| is_of_aws(url.as_ref())) {
        let text = format!("{refused}; each request asks for new ones");
        findings.push(("credentials", Health::Warning(text)));
    }
    findings.extend(outbox(url.as_ref(), directory));
    findings
}

fn is_of_aws(url: Option<&RemoteUrl>) -> bool {
    url.is_some_and(|url| url.protocol == RemoteProtocol::S3)
}

/// Whether nothing can be stored, so that what the remote has could not be either.
fn is_read_only(directory: &Path) -> bool {
    let access = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
    directory.exists() && rustix::fs::access(directory, access).is_err()
}

fn remote(sharing: &Sharing, url: Result<&RemoteUrl, &String>) -> Health {
    let url = match url {
        Ok(url) => url,
        Err(fault) => return Health::Warning(format!("{fault}; nothing is shared")),
    };
    let namespace = &sharing.namespace;
    let what = match sharing.mode {
        RemoteMode::Off => return Health::Warning(format!("{url}: --remote-mode is off")),
        RemoteMode::Read => "results are read",
        RemoteMode::Write => "results are written",
        RemoteMode::ReadWrite => "results are read and written",
    };
    let check = "`cachex remote check` tries it";
    Health::Ok(format!("{url}: {what} in namespace {namespace}; {check}"))
}

/// Whether the secrets are there, and none of them.
fn key(sharing: &Sharing) -> Health {
    let keys = |count| if count == 1 { "1 key".to_owned() } else { format!("{count} keys") };
    let sealing = match sharing.keys() {
        Ok(secrets) => secrets.sealing(),
        Err(bad) => return Health::Warning(format!("{bad}; nothing is shared")),
    };
    match sealing {
        Sealing::ByTeamKey => {
            Health::Ok("set; every machine that has it and may write is trusted".to_owned())
        }
        Sealing::Signs { is_unlisted: true, .. } => {
            let text = "set; this machine signs, but CACHEX_REMOTE_TRUST lacks its public key: others refuse its results";
            Health::Warning(text.to_owned())
        }
        Sealing::Signs { trusted, .. } => {
            Health::Ok(format!("set; this machine signs, and trusts {}", keys(trusted)))
        }
        Sealing::OnlyVerifies { trusted } if sharing.mode.writes() => Health::Warning(format!(
            "set; this machine trusts {}, and gives nothing: CACHEX_REMOTE_SIGN_KEY is not set",
            keys(trusted)
        )),
        Sealing::OnlyVerifies { trusted } => {
            Health::Ok(format!("set; this machine only reads, and trusts {}", keys(trusted)))
        }
    }
}

fn breaker(breaker: &Breaker) -> Health {
    let now = Timestamp::now();
    match breaker.outage(now) {
        None => Health::Ok("no outage".to_owned()),
        Some(until) => {
            let left = brief(now.age_at(until).unwrap_or_default());
            Health::Warning(format!("the remote is left alone for another {left}, after a fault"))
        }
    }
}

/// What waits to be pushed, and what was refused.
fn outbox(url: Option<&RemoteUrl>, directory: &Path) -> Vec<Finding> {
    const SUBJECT: &str = "outbox";
    let url = url.map(ToString::to_string);
    let warning = |text: String| (SUBJECT, Health::Warning(text));
    let survey = match OutboxSurvey::of_store(directory) {
        Ok(survey) => survey,
        Err(fault) => return vec![warning(format!("cannot be read: {fault}"))],
    };
    let (ours, others): (Vec<_>, Vec<_>) =
        survey.waiting.into_iter().partition(|(remote, _)| Some(remote) == url.as_ref());
    let mut findings = Vec::new();
    for (_, waiting) in &ours {
        let text = waiting_for_long(waiting);
        findings.push(if age(waiting) > LONG {
            warning(format!("{text}; `cachex remote flush` says what is wrong"))
        } else {
            (SUBJECT, Health::Ok(text))
        });
    }
    if ours.is_empty() && url.is_some() {
        findings.push((SUBJECT, Health::Ok("nothing waits to be pushed".to_owned())));
    }
    for (remote, waiting) in &others {
        let text = waiting_for_long(waiting);
        findings.push(warning(format!("{text}, all for {remote}, which is not set")));
    }
    for (remote, RefusedResults { count, fault, .. }) in survey.refused {
        let of = if Some(&remote) == url.as_ref() { "the remote" } else { &remote };
        let text = format!("refused by {of}: {}: {fault}", results(count));
        findings.push(("refused", Health::Warning(text)));
    }
    findings.extend(ours.iter().filter_map(|(_, waiting)| clock(waiting)));
    findings
}

fn results(count: usize) -> String {
    if count == 1 { "1 result".to_owned() } else { format!("{count} results") }
}

fn age(waiting: &WaitingSince) -> Duration {
    SystemTime::now().duration_since(waiting.oldest).unwrap_or_default()
}

fn waiting_for_long(waiting: &WaitingSince) -> String {
    let (results, age) = (results(waiting.count), brief(age(waiting)));
    format!("waiting to be pushed: {results}, for up to {age}")
}

/// The clock of the remote, if it is known and wrong.
fn clock(waiting: &WaitingSince) -> Option<Finding> {
    let off = Duration::from_millis(waiting.clock_ahead.unsigned_abs());
    if off <= CLOCK_TOLERANCE {
        return None;
    }
    let place = if waiting.clock_ahead > 0 { "ahead of" } else { "behind" };
    let text = format!("that of the remote was {} {place} the one of this machine", brief(off));
    Some(("clock", Health::Warning(text)))
}
