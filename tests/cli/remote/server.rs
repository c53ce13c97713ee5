//! A small HTTP store: PUT, also if there is nothing yet, GET, HEAD and DELETE. It runs in threads of the test.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

/// A store, and what was asked of it.
#[derive(Clone)]
pub struct Server {
    state: Arc<Mutex<State>>,
    address: String,
    /// How many seconds its clock is ahead of ours.
    ahead: i64,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<String, Vec<u8>>,
    requests: Vec<String>,
    /// What a request has to have as its authorization.
    demanded: Option<&'static str>,
    /// The methods that nobody may use.
    forbidden: Vec<&'static str>,
    /// What is answered to the next request with a method.
    once: Option<(&'static str, &'static str)>,
    /// The method whose requests are not answered.
    held: Option<&'static str>,
    /// The method whose next request is never answered.
    stuck: Option<&'static str>,
    /// How many requests with that method are answered as usual before.
    before: usize,
    /// The method whose next request waits while others go on, and how many are answered as usual before.
    late: Option<(&'static str, usize)>,
    /// Whether a request waits.
    is_late: bool,
    /// Whether objects are overwritten whatever a request says.
    knows_no_condition: bool,
    /// How long each answer takes.
    delay: Duration,
}

impl Server {
    /// A store that answers until the test ends.
    pub fn new() -> Self {
        Self::with_clock_ahead(0)
    }

    /// A store whose clock is ahead of ours by so many seconds.
    pub fn with_clock_ahead(ahead: i64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let server = Self { state: Arc::default(), address, ahead };
        let answering = server.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = answering.clone();
                // A caller that was killed is no fault of the store.
                thread::spawn(move || server.serve(&stream));
            }
        });
        server
    }

    pub fn url(&self) -> String {
        format!("http://{}/cache", self.address)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("not poisoned")
    }

    /// The objects by their names.
    pub fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        self.state().objects.clone()
    }

    /// Changes each object.
    pub fn change(&self, change: impl Fn(&mut Vec<u8>)) {
        self.state().objects.values_mut().for_each(change);
    }

    /// Puts an object under another name too.
    pub fn put(&self, name: &str, object: Vec<u8>) {
        self.state().objects.insert(name.to_owned(), object);
    }

    /// Answers 401 to whatever does not have this as its authorization.
    pub fn demand(&self, authorization: &'static str) {
        self.state().demanded = Some(authorization);
    }

    /// Answers 403 to this method from now on.
    pub fn forbid(&self, method: &'static str) {
        self.state().forbidden.push(method);
    }

    /// Answers this method as usual again.
    pub fn allow(&self, method: &str) {
        self.state().forbidden.retain(|it| *it != method);
    }

    /// Answers this to the next request with this method.
    pub fn answer_once(&self, method: &'static str, status: &'static str) {
        self.state().once = Some((method, status));
    }

    /// Answers no request with this method until it is `None`.
    pub fn hold(&self, method: Option<&'static str>) {
        self.state().held = method;
    }

    /// Never answers the next request with this method. Those after it are answered as usual.
    pub fn never_answer(&self, method: &'static str) {
        self.state().stuck = Some(method);
    }

    /// Has one request with this method wait, after so many that do not. Those after it are answered as usual.
    pub fn hold_one(&self, method: &'static str, before: usize) {
        self.state().late = Some((method, before));
    }

    /// Whether a request waits.
    pub fn holds_one(&self) -> bool {
        self.state().is_late
    }

    /// Answers the request that waits.
    pub fn release(&self) {
        self.state().is_late = false;
    }

    /// Overwrites objects whatever a request says.
    pub fn know_no_condition(&self) {
        self.state().knows_no_condition = true;
    }

    /// Answers so many requests as usual before what is answered once.
    pub fn answer_before(&self, count: usize) {
        self.state().before = count;
    }

    /// Takes so long for each answer.
    pub fn delay(&self, delay: Duration) {
        self.state().delay = delay;
    }

    /// How many requests began with this word.
    pub fn requests(&self, method: &str) -> usize {
        self.state().requests.iter().filter(|request| request.starts_with(method)).count()
    }

    fn serve(&self, stream: &TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream);
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok().filter(|count| *count > 0)?;
            let mut words = line.split(' ');
            let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
            let (mut length, mut only_new) = (0, false);
            let demanded = self.state().demanded;
            let mut is_allowed = demanded.is_none();
            loop {
                let mut header = String::new();
                reader.read_line(&mut header).ok().filter(|count| *count > 0)?;
                let header = header.trim_end().to_lowercase();
                match header.split_once(": ") {
                    None => break,
                    Some(("content-length", value)) => length = value.parse().ok()?,
                    Some(("if-none-match", "*")) => only_new = true,
                    Some(("authorization", value)) => {
                        is_allowed |= demanded.is_some_and(|it| it.eq_ignore_ascii_case(value));
                    }
                    Some(("expect", _)) => {
                        (&*stream).write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
                    }
                    Some(_) => {}
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).ok()?;
            let (status, body) = if is_allowed {
                self.answer(&method, &path, body, only_new)
            } else {
                ("401 Unauthorized", Vec::new())
            };
            let length = body.len();
            let date = http_date(self.ahead);
            let head =
                format!("HTTP/1.1 {status}\r\nDate: {date}\r\nContent-Length: {length}\r\n\r\n");
            (&*stream).write_all(&[head.as_bytes(), &body].concat()).ok()?;
        }
    }

    fn answer(
        &self,
        method: &str,
        path: &str,
        body: Vec<u8>,
        only_new: bool,
    ) -> (&'static str, Vec<u8>) {
        let mut state = self.state();
        state.requests.push(format!("{method} {path}"));
        while state.held == Some(method) {
            drop(state);
            thread::sleep(Duration::from_millis(5));
            state = self.state();
        }
        if state.stuck.take_if(|it| *it == method).is_some() {
            drop(state);
            loop {
                thread::park();
            }
        }
        match &mut state.late {
            Some((it, 0)) if *it == method => {
                (state.late, state.is_late) = (None, true);
                while state.is_late {
                    drop(state);
                    thread::sleep(Duration::from_millis(5));
                    state = self.state();
                }
            }
            Some((it, before)) if *it == method => *before -= 1,
            _ => {}
        }
        let delay = state.delay;
        drop(state);
        thread::sleep(delay);
        state = self.state();
        let known = state.objects.get(path).cloned();
        if state.before > 0 && state.once.is_some_and(|(it, _)| it == method) {
            state.before -= 1;
        } else if let Some((_, status)) = state.once.take_if(|(it, _)| *it == method) {
            return (status, Vec::new());
        }
        if state.forbidden.contains(&method) {
            return ("403 Forbidden", Vec::new());
        }
        match (method, known) {
            ("GET", Some(object)) => ("200 OK", object),
            ("HEAD", Some(_)) => ("200 OK", Vec::new()),
            ("GET" | "HEAD" | "DELETE", None) => ("404 Not Found", Vec::new()),
            ("PUT", Some(_)) if only_new && !state.knows_no_condition => {
                ("412 Precondition Failed", Vec::new())
            }
            ("PUT", _) => {
                state.objects.insert(path.to_owned(), body);
                ("201 Created", Vec::new())
            }
            ("DELETE", Some(_)) => {
                state.objects.remove(path);
                ("204 No Content", Vec::new())
            }
            _ => ("405 Method Not Allowed", Vec::new()),
        }
    }
}

/// The present, or so many seconds later, as HTTP writes it.
fn http_date(ahead: i64) -> String {
    let seconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seconds = i64::try_from(seconds.expect("after 1970").as_secs()).expect("soon enough");
    let seconds = seconds + ahead;
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        [usize::try_from(days % 7).expect("a day")];
    // Days since 0000-03-01, in eras of 400 years.
    let day = days + 719_468;
    let (era, of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let names =
        ["Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb"];
    let year = year_of_era + era * 400 + i64::from(month >= 10);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    let name = names[usize::try_from(month).expect("a month")];
    format!("{weekday}, {day:02} {name} {year} {hour:02}:{minute:02}:{second:02} GMT")
}
