//! Databases of older formats.

mod former_formats;
mod older_formats;
