//! Real processes under the engine: what is seen of them, and what they notice of it.

#![allow(unsafe_code, reason = "the tests make system calls that have no safe wrapper")]

use super::descriptors::WatchedDescriptors;
use super::event::TraceEvent;
use super::install;
use super::supervisor::record_calls;
use crate::inputs::{Doubt, Look, RenameKind, WriteKind};
use crate::process::in_new_process;
use rustix::process::{Pid, WaitOptions, waitpid};
use std::ffi::CString;
use std::fs::{self, File, OpenOptions};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a new process does that is traced, and how it ended.
fn trace(work: impl FnOnce()) -> (Vec<TraceEvent>, i32) {
    trace_watching(&[], work)
}

fn trace_watching(watched: &[i32], work: impl FnOnce()) -> (Vec<TraceEvent>, i32) {
    let watched = WatchedDescriptors::new(watched.to_vec());
    let (install, source) = install::prepare(&watched).expect("prepared");
    let events = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&events);
    // Older kernels do not tell this thread of the end, so nothing waits for it.
    std::thread::spawn(move || {
        let installed = source.receive().expect("installed");
        let mut sink = |event| seen.lock().expect("no panic").push(event);
        record_calls(&installed.listener, watched, false, &mut sink).expect("watched");
    });
    let child = || {
        install.install().expect("installed");
        work();
    };
    // SAFETY: the allocator can be used after a fork, and `work` takes no other lock.
    let child = unsafe { in_new_process(child) }.expect("forked");
    let status = end_of(child);
    let events = std::mem::take(&mut *events.lock().expect("no panic"));
    (events, status)
}

fn end_of(process: Pid) -> i32 {
    let (_, status) = waitpid(Some(process), WaitOptions::empty()).expect("there").expect("ended");
    status.as_raw()
}

fn events(work: impl FnOnce()) -> Vec<TraceEvent> {
    let (events, status) = trace(work);
    assert_eq!(status, 0);
    events
}

fn bytes(path: &Path) -> Vec<u8> {
    path.as_os_str().as_bytes().to_vec()
}

fn look(path: &Path, look: Look) -> TraceEvent {
    TraceEvent::Look { path: bytes(path), follow: true, look }
}

fn look_at_link(path: &Path, look: Look) -> TraceEvent {
    TraceEvent::Look { path: bytes(path), follow: false, look }
}

fn write(path: &Path, kind: WriteKind) -> TraceEvent {
    TraceEvent::Write { path: bytes(path), follow: true, kind }
}

fn write_name(path: &Path, kind: WriteKind) -> TraceEvent {
    TraceEvent::Write { path: bytes(path), follow: false, kind }
}

/// An empty directory, by its real path.
fn directory() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("made");
    let path = directory.path().canonicalize().expect("there");
    (directory, path)
}

#[test]
fn looks_are_seen() {
    let (_directory, here) = directory();
    let file = here.join("file");
    fs::write(&file, "content").expect("written");
    symlink("file", here.join("link")).expect("made");
    let seen = events(|| {
        fs::read(&file).expect("readable");
        let _ = fs::read(here.join("absent"));
        fs::metadata(&file).expect("there");
        fs::symlink_metadata(here.join("link")).expect("there");
        fs::read_link(here.join("link")).expect("a link");
        assert_eq!(fs::read_dir(&here).expect("a directory").count(), 2);
        let _ =
            OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW).open(here.join("link"));
    });
    let expected = [
        look(&file, Look::Content),
        look(&here.join("absent"), Look::Content),
        look(&file, Look::Stat),
        look_at_link(&here.join("link"), Look::Stat),
        look_at_link(&here.join("link"), Look::Link),
        look(&here, Look::Access),
        look(&here, Look::Listing),
        look(&here, Look::Listing),
        look_at_link(&here.join("link"), Look::Content),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn writes_are_seen() {
    let (_directory, here) = directory();
    let at = |name: &str| here.join(name);
    let seen = events(|| {
        let mut file = File::create(at("a")).expect("made");
        std::io::Write::write_all(&mut file, b"x").expect("written");
        file.set_permissions(fs::Permissions::from_mode(0o600)).expect("set");
        file.set_len(5).expect("set");
        file.set_len(0).expect("set");
        OpenOptions::new().append(true).open(at("a")).expect("open");
        OpenOptions::new().read(true).write(true).open(at("a")).expect("open");
        File::create_new(at("b")).expect("made");
        fs::set_permissions(at("b"), fs::Permissions::from_mode(0o600)).expect("set");
        fs::rename(at("a"), at("c")).expect("renamed");
        fs::hard_link(at("b"), at("d")).expect("linked");
        symlink("d", at("e")).expect("linked");
        fs::create_dir(at("f")).expect("made");
        fs::remove_dir(at("f")).expect("removed");
        fs::remove_file(at("e")).expect("removed");
        file.set_modified(std::time::SystemTime::UNIX_EPOCH).expect("set");
    });
    let open = |creates, truncates, reads| WriteKind::Open { creates, truncates, reads };
    let expected = [
        write(&at("a"), open(true, true, false)),
        write(&at("a"), WriteKind::Metadata),
        write(&at("a"), open(false, true, false)),
        write(&at("a"), open(false, false, false)),
        write(&at("a"), open(false, false, true)),
        write_name(&at("b"), WriteKind::CreateNew),
        write(&at("b"), WriteKind::Metadata),
        TraceEvent::Rename {
            source: bytes(&at("a")),
            target: bytes(&at("c")),
            kind: RenameKind::Replace,
        },
        TraceEvent::Link { source: bytes(&at("b")), follow: false, target: bytes(&at("d")) },
        write_name(&at("e"), WriteKind::MakeLink),
        write_name(&at("f"), WriteKind::MakeDirectory),
        write_name(&at("f"), WriteKind::RemoveDirectory),
        write_name(&at("e"), WriteKind::Remove),
        write(&at("c"), WriteKind::Metadata),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn relative_paths_begin_where_the_thread_is() {
    let (_directory, here) = directory();
    fs::create_dir(here.join("sub")).expect("made");
    let seen = events(|| {
        std::env::set_current_dir(&here).expect("there");
        let _ = fs::metadata("one");
        std::thread::spawn(|| std::env::set_current_dir("sub"))
            .join()
            .expect("ended")
            .expect("there");
        let _ = fs::metadata("two/../three");
        let directory = File::open(&here).expect("there");
        let name = CString::new("four").expect("no zero");
        // SAFETY: plain system calls on strings that live here.
        unsafe {
            libc::openat(directory.as_raw_fd(), name.as_ptr(), libc::O_RDONLY);
            libc::openat(9999, name.as_ptr(), libc::O_RDONLY);
        }
    });
    let seen: Vec<_> = seen.into_iter().filter(|event| is_below(event, &here)).collect();
    let expected = [
        look(&here, Look::Access),
        look(&here.join("one"), Look::Stat),
        look(&here.join("sub"), Look::Access),
        look(&here.join("sub/two/../three"), Look::Stat),
        look(&here, Look::Content),
        look(&here.join("four"), Look::Content),
    ];
    assert_eq!(seen, expected);
}

/// Whether an event is of a path there, and not one of the library's own.
fn is_below(event: &TraceEvent, directory: &Path) -> bool {
    match event {
        TraceEvent::Look { path, .. } => path.starts_with(&bytes(directory)),
        _ => true,
    }
}

#[test]
fn long_and_strange_paths_are_seen() {
    let (_directory, here) = directory();
    let strange = here.join(std::ffi::OsStr::from_bytes(b"\xff \n\x01"));
    let long = here.join(format!("{}x", "./".repeat((4094 - here.as_os_str().len()) / 2)));
    let longer = here.join("x/".repeat(2048));
    let seen = events(|| {
        for path in [&strange, &long, &longer] {
            let _ = fs::metadata(path);
        }
    });
    assert_eq!(seen, [look(&strange, Look::Stat), look(&long, Look::Stat)]);
}

#[test]
fn executed_programs_are_seen() {
    let seen = events(|| {
        let mut command = std::process::Command::new("/bin/sh");
        let status = command.args(["-c", "exec /bin/true"]).status().expect("started");
        assert!(status.success());
    });
    let executed: Vec<_> = seen
        .iter()
        .filter_map(|event| match event {
            TraceEvent::Execute { path, .. } => Some(String::from_utf8_lossy(path)),
            _ => None,
        })
        .collect();
    assert_eq!(executed, ["/bin/sh", "/bin/true"]);
}

#[test]
fn what_cannot_be_followed_is_a_doubt() {
    let untraceable = |what| TraceEvent::from(Doubt::Untraceable(what));
    let call = |number: libc::c_long, arguments: [usize; 3]| {
        let [a, b, c] = arguments;
        // SAFETY: calls that fail, or change nothing.
        events(move || _ = unsafe { libc::syscall(number, a, b, c) })
    };
    assert_eq!(call(libc::SYS_io_uring_setup, [0; 3]), [untraceable("io_uring")]);
    assert_eq!(call(600, [0; 3]), [untraceable("a system call that is not known")]);
    let new_user = usize::try_from(libc::CLONE_NEWUSER).expect("positive");
    assert_eq!(call(libc::SYS_unshare, [new_user | 1 << 40, 0, 0]), [untraceable("namespaces")]);
    assert_eq!(call(libc::SYS_unshare, [0; 3]), []);
    let arguments = [u64::from(libc::CLONE_NEWUSER.cast_unsigned()), 0];
    let clone = call(libc::SYS_clone3, [arguments.as_ptr().addr(), 3, 0]);
    assert_eq!(clone, [untraceable("namespaces")]);
    assert_eq!(call(libc::SYS_umount2, [0; 3]), [TraceEvent::Mount]);
}

#[test]
fn peers_of_sockets_are_seen() {
    let (_directory, here) = directory();
    let (server, absent) = (here.join("server"), here.join("absent"));
    let seen = events(|| {
        let _ = std::os::unix::net::UnixListener::bind(&server).expect("bound");
        let _ = std::os::unix::net::UnixStream::connect(&absent);
        let _ = std::net::TcpStream::connect("127.0.0.1:9");
    });
    let expected = [
        TraceEvent::Bind { path: bytes(&server) },
        TraceEvent::Connect { path: bytes(&absent) },
        TraceEvent::Network { peer: None },
        TraceEvent::Network { peer: Some("127.0.0.1:9".to_owned()) },
    ];
    assert_eq!(seen, expected);
}

#[cfg(target_arch = "x86_64")]
#[test]
fn calls_of_another_architecture_are_doubts() {
    let (seen, status) = trace(|| {
        let number: u64;
        // SAFETY: asks for the number of this process, by the old way.
        unsafe { std::arch::asm!("int 0x80", inlateout("rax") 20_u64 => number) };
        let _ = number;
    });
    // Not every kernel has that way.
    if status == 0 {
        let doubt = Doubt::Untraceable("system calls of another architecture");
        assert_eq!(seen, [TraceEvent::from(doubt)]);
    }
}

#[test]
fn a_call_that_a_signal_interrupted_is_noticed() {
    extern "C" fn ignore(_: libc::c_int) {}
    let (seen, status) = trace(|| {
        // SAFETY: plain system calls. The handler does nothing, and calls are not restarted after it.
        let failed = unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = ignore as *const () as usize;
            libc::sigaction(libc::SIGALRM, &raw const action, std::ptr::null_mut());
            let interval = libc::timeval { tv_sec: 0, tv_usec: 40 };
            let timer = libc::itimerval { it_interval: interval, it_value: interval };
            libc::syscall(libc::SYS_setitimer, libc::ITIMER_REAL, &raw const timer, 0);
            let failed = (0..20_000).any(|_| fs::metadata("/").is_err());
            let off: libc::itimerval = std::mem::zeroed();
            libc::syscall(libc::SYS_setitimer, libc::ITIMER_REAL, &raw const off, 0);
            let _ = fs::metadata("/");
            failed
        };
        // SAFETY: ends this process.
        unsafe { libc::_exit(i32::from(failed)) };
    });
    let failed = status != 0;
    assert!(!failed || seen.contains(&Doubt::Interrupted.into()), "unnoticed");
}

#[test]
fn threads_may_call_at_once() {
    let seen = events(|| {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..200).for_each(|_| drop(fs::metadata("/nonexistent"))));
            }
        });
    });
    let looked_at = look(Path::new("/nonexistent"), Look::Stat);
    assert_eq!(seen.iter().filter(|event| **event == looked_at).count(), 800);
}

#[test]
fn an_ended_process_leaves_the_thread_alone() {
    // It ends while its other threads are in calls.
    let (_, status) = trace(|| {
        for _ in 0..4 {
            std::thread::spawn(|| {
                loop {
                    let _ = fs::metadata("/nonexistent");
                }
            });
        }
        std::thread::sleep(Duration::from_millis(5));
        // SAFETY: ends this process.
        unsafe { libc::_exit(7) };
    });
    assert_eq!(status >> 8, 7);
}

#[test]
fn uses_of_inherited_descriptors_are_seen() {
    let file = tempfile::tempfile().expect("made");
    let fd = file.as_raw_fd();
    let uses = |work: &dyn Fn()| {
        let (seen, status) = trace_watching(&[fd], work);
        assert_eq!(status, 0);
        seen.contains(&TraceEvent::Use { descriptor: fd })
    };
    assert!(!uses(&|| {}));
    assert!(!uses(&|| drop(fs::read("/proc/version"))));
    let path = |path: String| CString::new(path).expect("no zero");
    let (own, device) = (path(format!("/proc/self/fd/{fd}")), path(format!("/dev/fd/{fd}")));
    // SAFETY: system calls on what lives here.
    unsafe {
        let mut space = [0_u64; 32];
        let space = space.as_mut_ptr();
        assert!(!uses(&|| _ = libc::fcntl(fd, libc::F_GETFD)));
        assert!(!uses(&|| _ = libc::close(fd)));
        assert!(uses(&|| _ = libc::dup(fd)));
        assert!(uses(&|| _ = libc::read(fd, space.cast(), 1)));
        assert!(uses(&|| _ = libc::fstat(fd, space.cast())));
        assert!(uses(&|| _ = libc::lseek(fd, 0, libc::SEEK_CUR)));
        assert!(uses(&|| {
            libc::mmap(std::ptr::null_mut(), 1, libc::PROT_READ, libc::MAP_PRIVATE, fd, 0);
        }));
        assert!(uses(&|| _ = libc::open(own.as_ptr(), libc::O_RDONLY)));
        assert!(uses(&|| _ = libc::access(device.as_ptr(), libc::F_OK)));
        let polls =
            |events| uses(&|| _ = libc::poll(&mut libc::pollfd { fd, events, revents: 0 }, 1, 0));
        assert!(!polls(0));
        assert!(polls(libc::POLLIN));
        assert!(uses(&|| {
            let mut set: libc::fd_set = std::mem::zeroed();
            libc::FD_SET(fd, &raw mut set);
            let (none, mut now) = (std::ptr::null_mut(), std::mem::zeroed());
            libc::select(fd + 1, &raw mut set, none, none, &raw mut now);
        }));
    }
}
