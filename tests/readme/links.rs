//! Links between pages of the repository lead to existing files and headings.

use std::fs;
use std::path::{Path, PathBuf};

/// All Markdown pages of the repository.
fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![];
    for directory in ["", "docs", "docs/recipes", "fuzz"] {
        // A source package lacks some of them.
        let Ok(entries) = fs::read_dir(root.join(directory)) else { continue };
        let paths = entries.map(|entry| entry.expect("readable").path());
        pages.extend(paths.filter(|path| path.extension().is_some_and(|end| end == "md")));
    }
    pages
}

/// The link targets of a page that are inside the repository.
fn targets(page: &str) -> impl Iterator<Item = &str> {
    let targets = page.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://"))
}

/// The anchors of the headings of a page.
fn anchors(page: &str) -> Vec<String> {
    let headings = page.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let text = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = text.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn links_lead_to_files_and_headings() {
    let mut count = 0;
    for path in pages() {
        let page = fs::read_to_string(&path).expect("a page");
        for target in targets(&page) {
            count += 1;
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let linked = match file {
                "" => path.clone(),
                _ => path.parent().expect("a directory").join(file),
            };
            let shown = format!("{} links to {target}", path.display());
            assert!(linked.exists(), "{shown}, and there is no such file");
            if !anchor.is_empty() {
                let page = fs::read_to_string(&linked).expect("a page");
                let found = anchors(&page).iter().any(|found| found == anchor);
                assert!(found, "{shown}, and there is no such heading");
            }
        }
    }
    assert!(count > 20, "only {count} links found");
}
