//! An S3 store in a directory, which checks signatures: `s3-server PORT DIRECTORY ACCESS-KEY SECRET-KEY`.

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [port, directory, access_key, secret_key] = &words[..] else { panic!("four words") };
    let port: u16 = port.parse().expect("a port");
    let store = FileSystem::new(directory).expect("a directory");
    let mut service = S3ServiceBuilder::new(store);
    service.set_auth(SimpleAuth::from_single(access_key.clone(), secret_key.clone()));
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
