//! The source files of the crate, read as text: their modules, the paths they name, the types they define.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of `src/`.
pub struct Source {
    /// The path below `src/`.
    pub path: PathBuf,
    /// The path of its module from the root of the crate: `["store", "read", "output"]`.
    pub module: Vec<String>,
    /// The whole text.
    pub text: String,
    /// The text without comments and unit tests.
    pub code: String,
}

impl Source {
    fn read(root: &Path, path: &Path) -> Self {
        let text = fs::read_to_string(path).expect("readable");
        let path = path.strip_prefix(root).expect("below the root").to_owned();
        let mut module: Vec<String> =
            path.with_extension("").iter().map(|part| part.to_string_lossy().into()).collect();
        if module.last().is_some_and(|name| name == "mod") {
            module.pop();
        }
        let code = product_code(&text);
        Self { path, module, text, code }
    }

    /// Whether it introduces a folder.
    pub fn is_introduction(&self) -> bool {
        self.path.ends_with("mod.rs")
    }

    /// The paths that it names, from the root of the crate: `["store", "read", "Output"]`.
    pub fn named_paths(&self) -> Vec<Vec<String>> {
        let mut named = Vec::new();
        for keyword in ["crate::", "super::"] {
            for (start, _) in self.code.match_indices(keyword) {
                if !self.code[..start].ends_with(|c: char| is_name_char(c) || c == ':') {
                    let mut tree = UseTree { rest: &self.code[start..], paths: Vec::new() };
                    tree.read(Vec::new());
                    named.extend(tree.paths);
                }
            }
        }
        named.into_iter().map(|path| self.absolute_path(&path)).collect()
    }

    fn absolute_path(&self, path: &[&str]) -> Vec<String> {
        let climbs = path.iter().take_while(|part| **part == "super").count();
        let base = if climbs == 0 { 0 } else { self.module.len().saturating_sub(climbs) };
        let rest = &path[climbs.max(1)..];
        let base = self.module[..base].iter().cloned();
        base.chain(rest.iter().map(|part| (*part).to_owned())).collect()
    }

    /// The names of the types that it defines.
    pub fn types(&self) -> Vec<&str> {
        let keywords = ["struct", "enum", "trait", "type", "union"];
        let defined = self.code.lines().filter_map(|line| {
            let mut words = line.split(|c: char| !is_name_char(c)).filter(|word| !word.is_empty());
            let is_prefix = |word: &&str| ["pub", "crate", "super", "in", "unsafe"].contains(word);
            let is_definition = line.starts_with(|c: char| c.is_alphabetic());
            let first = words.by_ref().find(|word| !is_prefix(word)).filter(|_| is_definition)?;
            keywords.contains(&first).then(|| words.next()).flatten()
        });
        defined.collect()
    }
}

/// All files of `src/` except those that hold only unit tests.
pub fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for child in fs::read_dir(folder).expect("readable") {
            let path = child.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push(Source::read(&root, &path));
            }
        }
    }
    sources.retain(|source| !source.module.iter().any(|name| name == "tests"));
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    sources
}

/// The lines up to the unit tests, without comments.
fn product_code(text: &str) -> String {
    let is_comment = |line: &&str| line.trim_start().starts_with("//");
    let lines: Vec<&str> = text.lines().filter(|line| !is_comment(line)).collect();
    let is_test = |at: usize| {
        lines[at].trim_start().starts_with("#[cfg(test)]")
            && lines[at + 1..].iter().take(3).any(|line| line.starts_with("mod tests {"))
    };
    let end = (0..lines.len()).find(|at| is_test(*at)).unwrap_or(lines.len());
    lines[..end].join("\n")
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Reads `a::{b, c::D as E}` as the paths `a::b` and `a::c::D`.
struct UseTree<'s> {
    rest: &'s str,
    paths: Vec<Vec<&'s str>>,
}

impl<'s> UseTree<'s> {
    fn read(&mut self, mut prefix: Vec<&'s str>) {
        loop {
            if self.skip("{") {
                while !self.skip("}") {
                    let before = self.rest.len();
                    self.read(prefix.clone());
                    if self.skip("as ") {
                        self.name();
                    }
                    self.skip(",");
                    assert!(self.rest.len() < before, "cannot read: {}", self.rest);
                }
                return;
            }
            let name = self.name();
            if name.is_empty() {
                self.skip("*");
                break;
            }
            prefix.push(name);
            if self.rest.starts_with("::<") || !self.skip("::") {
                break;
            }
        }
        self.paths.push(prefix);
    }

    fn name(&mut self) -> &'s str {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|c| !is_name_char(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        name
    }

    fn skip(&mut self, token: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }
}
