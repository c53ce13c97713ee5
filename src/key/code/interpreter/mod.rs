//! Known interpreters and wrappers, and which words of their command lines name code.

mod operands;
mod reading;
mod table;

pub(crate) use operands::{Operands, operands, operands_of};
