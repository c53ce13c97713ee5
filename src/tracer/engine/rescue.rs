//! What a thread does instead of ending when it panics.
//!
//! A panic ends the whole process where panics abort, so that nothing can be caught. But first it calls a hook, in the
//! thread that panics. Ours does what that thread still has to do, and does not return.

use std::cell::Cell;
use std::panic::{set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static RESCUE: Cell<Option<Box<dyn FnOnce()>>> = const { Cell::new(None) };
}

/// Has this thread do this when it panics, and then wait forever. Nothing is printed, and what it has locked stays locked.
pub(super) fn on_panic(rescue: impl FnOnce() + 'static) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |panic| {
            let Ok(Some(rescue)) = RESCUE.try_with(Cell::take) else { return usual(panic) };
            rescue();
            loop {
                std::thread::park();
            }
        }));
    });
    RESCUE.set(Some(Box::new(rescue)));
}
