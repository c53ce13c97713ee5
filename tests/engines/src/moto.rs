//! moto: S3 and its roles as AWS describes them, in Python. Tests with it are skipped where it is not installed.

use crate::process::{Server, free_port};
use std::process::{Command, Stdio};

/// Makes the bucket and a role for each policy, and says what the roles are called.
const SETUP: &str = r#"
import boto3, json, sys
port, *policies = sys.argv[1:]
def client(name):
    return boto3.client(name, endpoint_url=f'http://127.0.0.1:{port}', region_name='us-east-1',
                        aws_access_key_id='a', aws_secret_access_key='b')
client('s3').create_bucket(Bucket='our-bucket')
for number, policy in enumerate(policies):
    trust = {'Version': '2012-10-17', 'Statement': [{
        'Effect': 'Allow', 'Action': 'sts:AssumeRoleWithWebIdentity',
        'Principal': {'Federated': 'arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com'}}]}
    iam, name = client('iam'), f'role-{number}'
    print(iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))['Role']['Arn'])
    iam.put_role_policy(RoleName=name, PolicyName='cachex', PolicyDocument=policy)
"#;

/// A server with the bucket `our-bucket`.
pub struct Moto {
    /// The process.
    pub server: Server,
    /// The role of each policy.
    pub roles: Vec<String>,
}

impl Moto {
    /// A server with a role for each policy; `None` where it is not installed.
    pub fn start(policies: &[String]) -> Option<Self> {
        let mut probe = Command::new("python3");
        probe.args(["-c", "import moto.server, boto3"]).stderr(Stdio::null());
        if !probe.status().is_ok_and(|status| status.success()) {
            println!("NOT TRIED: there is no moto, which `pip install 'moto[server]'` installs");
            return None;
        }
        let port = free_port();
        let mut command = Command::new("python3");
        command.args(["-m", "moto.server", "-p", &port.to_string()]).stderr(Stdio::null());
        let server = Server::start(command, port);
        let setup = Command::new("python3")
            .args(["-c", SETUP, &port.to_string()])
            .args(policies)
            .env("NO_PROXY", "127.0.0.1")
            .output()
            .expect("it ran a moment ago");
        assert!(setup.status.success(), "{}", String::from_utf8_lossy(&setup.stderr));
        let roles = String::from_utf8_lossy(&setup.stdout).lines().map(str::to_owned).collect();
        Some(Self { server, roles })
    }

    /// The address of objects in a bucket.
    pub fn url(&self, bucket: &str) -> String {
        format!("s3+http://127.0.0.1:{}/{bucket}/cachex", self.server.port)
    }

    /// From now on signatures and policies are looked at. Before, everybody may do anything.
    pub fn enforce(&self) {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", self.server.port)).expect("it");
        let request = "POST /moto-api/reset-auth HTTP/1.0\r\nContent-Length: 1\r\n\r\n0";
        stream.write_all(request.as_bytes()).expect("asked");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        assert!(answer.contains(" 200 "), "{answer}");
    }
}
