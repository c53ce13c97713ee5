//! nginx as a store: it keeps what is put in files below its directory.

use crate::certificates::Certificates;
use crate::page;
use crate::process::{Server, free_port};
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// What the server of tests does with objects.
const LOCATION: &str = r#"location / {
    dav_methods PUT DELETE; create_full_put_path on;
    set $may 1;
    if ($request_method !~ ^(GET|HEAD)$) { set $may 0; }
    if ($http_authorization = "Bearer writer") { set $may 1; }
    if ($http_authorization = "Basic d3JpdGVyOnBhJDpzcw==") { set $may 1; }
    if ($may = 0) { return 401; }
}"#;

/// A server.
pub struct Nginx {
    /// The process.
    pub server: Server,
    /// Its directory: what is put as `a/b` is in `objects/a/b`.
    pub directory: TempDir,
    /// Its certificates, if it speaks TLS.
    pub certificates: Option<Certificates>,
}

impl Nginx {
    /// A server that allows reading to everybody, and writing with `Authorization: Bearer writer`. `extra` is added to
    /// its description.
    pub fn start(extra: &str) -> Self {
        Self::with(&|_| format!("{extra} {LOCATION}"), |_| None)
    }

    /// A server as in `docs/fleet.md`, where `writer` writes with the password `writer`.
    pub fn of_the_docs() -> Self {
        let location = |root: &Path| {
            let writers = root.join("writers");
            fs::write(&writers, "writer:{PLAIN}writer\n").expect("written");
            let (objects, writers) = (root.join("objects"), writers.display().to_string());
            page::nginx_location(&objects.display().to_string(), &writers)
        };
        Self::with(&location, |_| None)
    }

    /// The same by TLS.
    pub fn encrypted(is_expired: bool) -> Self {
        Self::with(&|_| LOCATION.to_owned(), |directory| {
            Some(Certificates::make(directory.path(), is_expired))
        })
    }

    /// The address of objects, with a login like `writer:writer@`.
    pub fn url(&self, login: &str) -> String {
        format!("http://{login}127.0.0.1:{}/cache", self.server.port)
    }

    fn with(
        location: &dyn Fn(&Path) -> String,
        certificates: impl FnOnce(&TempDir) -> Option<Certificates>,
    ) -> Self {
        let port = free_port();
        let directory = tempfile::tempdir().expect("a directory");
        let certificates = certificates(&directory);
        let (ssl, files) = certificates.as_ref().map_or(("", String::new()), |files| {
            let lines = format!(
                "ssl_certificate {}; ssl_certificate_key {};",
                files.certificate.display(),
                files.key.display()
            );
            ("ssl", lines)
        });
        let location = location(directory.path());
        let root = directory.path().display();
        let text = format!(
            "daemon off; master_process off; worker_processes 1; pid {root}/pid; error_log {root}/error.log;
            events {{}}
            http {{
                access_log {root}/access.log; client_body_temp_path {root}/body; proxy_temp_path {root}/proxy;
                fastcgi_temp_path {root}/fastcgi; uwsgi_temp_path {root}/uwsgi; scgi_temp_path {root}/scgi;
                server {{
                    listen 127.0.0.1:{port} {ssl}; {files}
                    root {root}/objects; client_max_body_size 0;
                    {location}
                }}
            }}"
        );
        let configuration = directory.path().join("nginx.conf");
        fs::write(&configuration, text).expect("written");
        fs::create_dir(directory.path().join("objects")).expect("a directory");
        let mut command = Command::new("nginx");
        command.arg("-c").arg(&configuration).arg("-p").arg(directory.path());
        Self { server: Server::start(command, port), directory, certificates }
    }
}
