//! An S3 store in a directory, which checks signatures: `s3-server PORT DIRECTORY [ACCESS-KEY SECRET-KEY ACTIONS]...`.
//!
//! `ACTIONS` are those of a policy, as `s3:GetObject,s3:ListBucket`; `s3:*` allows all.
//! With the variable DOMAIN, each bucket has a host of its own in that domain.

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::SimpleAuth;
use s3s::host::SingleDomain;
use s3s::service::S3ServiceBuilder;
use s3s::{S3Result, s3_error};
use s3s_fs::FileSystem;
use std::collections::HashMap;
use tokio::net::TcpListener;

/// What each key may do.
struct Policies(HashMap<String, String>);

#[async_trait::async_trait]
impl S3Access for Policies {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let key = context.credentials().map(|credentials| credentials.access_key.clone());
        let actions = key.and_then(|key| self.0.get(&key)).map_or("", String::as_str);
        let action = match context.s3_op().name() {
            "HeadObject" => "GetObject",
            name => name,
        };
        let is_allowed =
            actions.split(',').any(|it| it == "s3:*" || it.strip_prefix("s3:") == Some(action));
        if is_allowed { Ok(()) } else { Err(s3_error!(AccessDenied, "no policy allows it")) }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [port, directory, keys @ ..] = &words[..] else { panic!("two words and more") };
    let port: u16 = port.parse().expect("a port");
    let store = FileSystem::new(directory).expect("a directory");
    let mut auth = SimpleAuth::new();
    let mut policies = HashMap::new();
    for key in keys.chunks_exact(3) {
        auth.register(key[0].clone(), key[1].clone().into());
        policies.insert(key[0].clone(), key[2].clone());
    }
    let mut service = S3ServiceBuilder::new(store);
    service.set_auth(auth);
    service.set_access(Policies(policies));
    if let Ok(domain) = std::env::var("DOMAIN") {
        service.set_host(SingleDomain::new(&domain).expect("a domain"));
    }
    let service = service.build();
    let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("a port that is free");
    loop {
        let (socket, _) = listener.accept().await.expect("a connection");
        let service = service.clone();
        tokio::spawn(async move {
            let server = Builder::new(TokioExecutor::new());
            let _ = server.serve_connection(TokioIo::new(socket), service).await;
        });
    }
}
