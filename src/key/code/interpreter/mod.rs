//! Known interpreters and wrappers, and the words of their command lines that name code. Pure.

mod operands;
mod table;
mod word_role;

pub(crate) use operands::{Operands, operands, operands_of};
pub(super) use table::ProgramRole;
