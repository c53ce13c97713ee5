//! A terminal for tests: a call runs on it, and the test is its user.

use super::{Call, Sandbox};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::{ioctl_tiocsctty, setsid};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ExitStatus};

/// A call on its own terminal, and its user.
pub struct Terminal {
    master: File,
    child: Child,
    pub seen: String,
}

fn size(rows: u16, columns: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

#[allow(unsafe_code)]
pub fn on_terminal(mut call: Call, rows: u16, columns: u16) -> Terminal {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
    // Atomically where possible, because other tests start programs at the same time.
    #[cfg(target_os = "linux")]
    let flags = flags | OpenptFlags::CLOEXEC;
    let master = openpt(flags).expect("a terminal");
    fcntl_setfd(&master, FdFlags::CLOEXEC).expect("set");
    grantpt(&master).expect("granted");
    unlockpt(&master).expect("unlocked");
    let name = ptsname(&master, Vec::new()).expect("a name");
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let slave = rustix::fs::open(name.as_c_str(), flags, Mode::empty()).expect("opened");
    tcsetwinsize(&master, size(rows, columns)).expect("sized");
    let slave = File::from(slave);
    call.command
        .env("TERM", "xterm")
        .stdin(slave.try_clone().expect("cloned"))
        .stdout(slave.try_clone().expect("cloned"))
        .stderr(slave);
    // SAFETY: only system calls are made.
    unsafe {
        call.command.pre_exec(|| {
            setsid()?;
            ioctl_tiocsctty(rustix::stdio::stdin())?;
            Ok(())
        });
    }
    let child = call.command.spawn().expect("started");
    drop(call);
    Terminal { master: File::from(master), child, seen: String::new() }
}

impl Terminal {
    /// Reads until the text appears. Fails if the terminal closes before.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) {
        while !self.seen.contains(text) {
            assert!(self.read(), "{text:?} is not in {:?}", self.seen);
        }
    }

    #[track_caller]
    fn read(&mut self) -> bool {
        let minute = Timespec { tv_sec: 60, tv_nsec: 0 };
        let ready = poll(&mut [PollFd::new(&self.master, PollFlags::IN)], Some(&minute));
        assert_ne!(ready, Ok(0), "nothing for a minute after {:?}", self.seen);
        let mut buffer = [0; 4096];
        match self.master.read(&mut buffer) {
            Ok(0) | Err(_) => false,
            Ok(count) => {
                self.seen += &String::from_utf8_lossy(&buffer[..count]);
                true
            }
        }
    }

    pub fn press(&mut self, key: u8) {
        self.type_in(&[key]);
    }

    pub fn type_in(&mut self, keys: &[u8]) {
        self.master.write_all(keys).expect("written");
    }

    /// Changes the size of the terminal.
    pub fn resize(&self, rows: u16, columns: u16) {
        tcsetwinsize(&self.master, size(rows, columns)).expect("sized");
    }

    /// Kills the call with SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().expect("killed");
    }

    /// Closes the terminal and waits for the end of the call.
    pub fn hang_up(self) {
        let Self { master, mut child, .. } = self;
        drop(master);
        child.wait().expect("ended");
    }

    /// Waits for the end. Returns everything that was shown, and the exit status.
    pub fn end(mut self) -> (String, ExitStatus) {
        while self.read() {}
        (self.seen, self.child.wait().expect("ended"))
    }
}

/// A sandbox whose script waits for [`Sandbox::go`].
pub fn waiting(after: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo go").gives("");
    sandbox.script("s.sh", &format!("read x < go; {after}"));
    sandbox
}
