//! The environment of the command.

use std::ffi::{CString, OsString, c_char};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::atomic::AtomicPtr;

/// Variables and their values, in the order in which the command finds them.
#[derive(Clone, Debug)]
pub struct Environment(Vec<(OsString, OsString)>);

impl Environment {
    /// These variables.
    pub fn new(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        Self(variables.into_iter().collect())
    }

    /// Sets a variable. It keeps its position if it exists, and comes last if not.
    pub fn set(&mut self, name: OsString, value: OsString) {
        match self.0.iter_mut().find(|(other, _)| *other == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }

    /// Starts the command with these variables. ([`Command::envs`] would sort them, and drop duplicates.)
    #[allow(unsafe_code)]
    pub(super) fn pass_on(self, command: &mut Command) -> io::Result<()> {
        unsafe extern "C" {
            static mut environ: *const *const c_char;
        }
        let variable = |(name, value): (OsString, OsString)| {
            let text = [name.as_bytes(), b"=", value.as_bytes()].concat();
            CString::new(text).map(|text| AtomicPtr::new(text.into_raw()))
        };
        let mut variables = self.0.into_iter().map(variable).collect::<Result<Vec<_>, _>>()?;
        variables.push(AtomicPtr::new(std::ptr::null_mut()));
        // They are never freed, since after a failed `exec` this process still has them.
        let variables: &'static [AtomicPtr<c_char>] = variables.leak();
        let install = move || {
            // SAFETY: a process that is about to become the command has one thread. The pointers lead to strings, the
            // last one is null, and an atomic pointer lies in memory as a plain one does.
            unsafe { environ = variables.as_ptr().cast() };
            Ok(())
        };
        // SAFETY: nothing is allocated and no lock is taken.
        unsafe { command.pre_exec(install) };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_keeps_its_place_and_a_new_one_comes_last() {
        let variable = |(name, value): (&str, &str)| (OsString::from(name), OsString::from(value));
        let mut environment =
            Environment([("B", "1"), ("A", "2"), ("B", "3")].map(variable).into());
        environment.set("B".into(), "new".into());
        environment.set("C".into(), "last".into());
        let expected = [("B", "new"), ("A", "2"), ("B", "3"), ("C", "last")].map(variable);
        assert_eq!(environment.0, expected);
    }
}
