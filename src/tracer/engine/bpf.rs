//! Programs for the kernel's filters, in classic BPF.
//!
//! Jumps lead forward only. A program is therefore written from its end to its beginning: each instruction names those
//! that come after it, which are there already.

use libc::sock_filter;

/// A program, the last instruction first.
#[derive(Debug, Default)]
pub(super) struct BpfProgram(Vec<sock_filter>);

/// An instruction: how many come after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Instruction(usize);

/// Branches lead this far at most. Two instructions may come between.
const NEAR: usize = u8::MAX as usize - 2;

impl BpfProgram {
    /// The program in the order of the kernel. It begins with the instruction that was written last.
    pub(super) fn finish(mut self) -> Vec<sock_filter> {
        self.0.reverse();
        self.0
    }

    /// Ends with this answer.
    pub(super) fn answer(&mut self, answer: u32) -> Instruction {
        self.push(libc::BPF_RET | libc::BPF_K, answer, 0, 0)
    }

    /// Loads the word at this offset.
    pub(super) fn load(&mut self, offset: u32, next: Instruction) -> Instruction {
        self.lead_to(next);
        self.push(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset, 0, 0)
    }

    /// Clears the bits that are not in this mask.
    pub(super) fn mask(&mut self, mask: u32, next: Instruction) -> Instruction {
        self.lead_to(next);
        self.push(libc::BPF_ALU | libc::BPF_AND | libc::BPF_K, mask, 0, 0)
    }

    /// Compares what was loaded with a value.
    pub(super) fn branch(
        &mut self,
        comparison: u32,
        value: u32,
        yes: Instruction,
        no: Instruction,
    ) -> Instruction {
        let [yes, no] = [yes, no].map(|target| self.near(target));
        let [yes, no] = [yes, no].map(|target| u8::try_from(self.distance(target)).unwrap_or(0));
        self.push(libc::BPF_JMP | comparison | libc::BPF_K, value, yes, no)
    }

    /// An instruction that leads to this one, and that a branch can reach.
    fn near(&mut self, target: Instruction) -> Instruction {
        if self.distance(target) > NEAR { self.jump(target) } else { target }
    }

    /// Has the next instruction be followed by this one.
    fn lead_to(&mut self, next: Instruction) {
        if self.distance(next) > 0 {
            self.jump(next);
        }
    }

    fn jump(&mut self, target: Instruction) -> Instruction {
        let distance = u32::try_from(self.distance(target)).unwrap_or(0);
        self.push(libc::BPF_JMP | libc::BPF_JA, distance, 0, 0)
    }

    /// How many instructions lie between the next one and this one.
    fn distance(&self, target: Instruction) -> usize {
        self.0.len() - 1 - target.0
    }

    #[allow(clippy::cast_possible_truncation)]
    fn push(&mut self, code: u32, k: u32, jt: u8, jf: u8) -> Instruction {
        // Codes are 16 bits wide, though their parts are defined as wider.
        self.0.push(sock_filter { code: code as u16, jt, jf, k });
        Instruction(self.0.len() - 1)
    }
}
