//! The kind of standard input before a run, as a part of the name of an object.

use crate::entry::Condition;
use crate::options::StdinMode;
use crate::remote::encode_condition;
use crate::stdin::{Buffered, Stdin};

/// The first byte of the class of a stream. No encoded condition begins with it.
const STREAM: u8 = 0x80;

/// What is known; `None`: it cannot be seen what the command takes, so nothing is shared. What cachex has read of a stream
/// without being asked to, since it has entries of this command, counts as a stream.
pub(super) fn class_of(stdin: &Stdin, mode: StdinMode) -> Option<Vec<u8>> {
    match stdin {
        Stdin::Absent => Some(encode_condition(Condition::StdinAbsent)),
        Stdin::Closed => Some(encode_condition(Condition::StdinClosed)),
        Stdin::Buffered(_) if mode == StdinMode::Auto => Some(vec![STREAM]),
        Stdin::Buffered(Buffered { condition, .. }) => condition.map(without_offset),
        Stdin::File(file) => file.condition(0).map(without_offset),
        Stdin::Stream(..) => Some(any_stream()),
        Stdin::Other => None,
    }
}

/// The class of a stream.
pub(super) fn any_stream() -> Vec<u8> {
    vec![STREAM]
}

/// Whether a result with this condition may be stored under a name for that class. Every call of the class replays it.
pub(super) fn fits(class: &[u8], condition: Condition) -> bool {
    match condition {
        Condition::StdinUntouched => class != encode_condition(Condition::StdinClosed),
        Condition::StdinUnread => class == [STREAM],
        condition => class == without_offset(condition),
    }
}

/// What came through a stream, for a result that does not hold for any stream: it has to be known before the second name is.
pub(super) fn decides(class: &[u8], condition: Condition) -> bool {
    class == [STREAM]
        && matches!(
            condition,
            Condition::Stdin { .. } | Condition::StdinEmpty(_) | Condition::StdinSilent(_)
        )
}

fn without_offset(condition: Condition) -> Vec<u8> {
    encode_condition(match condition {
        Condition::StdinFile { input, .. } => Condition::StdinFile { input, moved: 0 },
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::StdinKind;
    use crate::key::Digest;

    #[test]
    fn a_result_fits_the_input_that_it_holds_for() {
        let file = |byte, moved| Condition::StdinFile { input: Digest([byte; 32]), moved };
        let class = without_offset(file(1, 0));
        assert!(fits(&class, file(1, 7)) && !fits(&class, file(2, 0)));
        assert!(!fits(&class, Condition::StdinAbsent));
        assert!(fits(&[STREAM], Condition::StdinUnread));
        assert!(!fits(&[STREAM], Condition::StdinEmpty(StdinKind::Pipe)));
        let closed = encode_condition(Condition::StdinClosed);
        assert!(fits(&closed, Condition::StdinClosed));
        assert!(!fits(&closed, Condition::StdinUntouched));
        assert!(fits(&class, Condition::StdinUntouched));
    }
}
