//! A look-up in a database with damaged pages finds the entry that was stored, or none.

use super::harness::{Random, Sandbox};
use super::store_model::{KEYS, Model};
use cachex::key::{Digest, Key};
use cachex::store::{Store, StoreError};
use std::fs;

const PAGE: usize = 4096;

/// Damages a few places: single bytes, whole pages, or the order of pages.
fn damage(random: &mut Random, bytes: &mut [u8]) {
    let pages = bytes.len() / PAGE;
    for _ in 0..=random.below(4) {
        match random.below(8) {
            0 => {
                let page = 1 + random.below(pages - 1);
                bytes[page * PAGE..][..PAGE].fill(0);
            }
            1 => {
                let (from, to) = (1 + random.below(pages - 1), 1 + random.below(pages - 1));
                bytes.copy_within(from * PAGE..(from + 1) * PAGE, to * PAGE);
            }
            2 => {
                // The header of a page, and where its cells begin.
                let place = random.below(pages) * PAGE + random.below(40);
                random.fill(&mut bytes[place..=place]);
            }
            _ => {
                let place = random.below(bytes.len());
                random.fill(&mut bytes[place..=place]);
            }
        }
    }
}

/// Looks up every key. Returns how many look-ups found the stored entry.
fn look_up_all(model: &Model, store: &Store) -> Result<usize, StoreError> {
    let mut served = 0;
    for number in 0..KEYS {
        let key = Key(Digest([number; 32]));
        for entry in store.variants(&[key])? {
            let Some(body) = store.output(&entry)? else { continue };
            let mut output = Vec::new();
            let read = body.for_each_chunk(|_, chunk| {
                output.extend_from_slice(chunk);
                Ok(())
            });
            read.expect("readable");
            let stored = model.entries.get(&number).map(|entry| &entry.output);
            assert!(entry.key == key && Some(&output) == stored, "{number}");
            served += 1;
        }
    }
    Ok(served)
}

#[test]
fn damaged_pages_give_what_was_stored_or_nothing() {
    let mut random = Random::new();
    let mut model = Model::new();
    for key in 0..KEYS {
        model.fill(&mut random, key);
    }
    model.store = None;
    let sound = fs::read(model.sandbox.database()).expect("read");
    let (mut served, mut wanted) = (0, 0);
    // The copy has no files of long output.
    let look_up_in = |bytes: &[u8]| {
        // Each attempt has a file of its own, so that no lock or journal is left over.
        let sandbox = Sandbox::new();
        drop(sandbox.store());
        fs::write(sandbox.database(), bytes).expect("written");
        let store = Store::for_look_up(&sandbox.store_dir()).expect("prepared");
        look_up_all(&model, &store)
    };
    let whole = look_up_in(&sound).expect("sound");
    assert!(whole > 0);
    for _ in 0..200 {
        let mut bytes = sound.clone();
        damage(&mut random, &mut bytes);
        served += look_up_in(&bytes).unwrap_or(0);
        wanted += whole;
    }
    assert!(served > wanted / 4, "{served} of {wanted}");
}
