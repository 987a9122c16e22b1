//! Takes out of ICU's data what nothing in howth can ask for, for `build.rs`.
//!
//! V8's library has that data in it, and so has this process. Owns its form: a header, a table of names, the items behind one
//! another (ICU's `udata.h`, `ucmndata.h`, `uresdata.h`). Never does: change an item. Called by: `build.rs`; in the place of V8's
//! own it is put by `src/icu_data.rs`.

use std::error::Error;
use std::fs;
use std::path::Path;

/// Items that are left out, by the folder and the ends of their names. Where there are functions that ask for them, V8 calls none,
/// and the linker leaves them out as well.
const LEFT_OUT: [(&str, &str); 5] = [
    // Converters to UTF-16. To ICU all texts of the system are UTF-8 (`U_CHARSET_IS_UTF8`); `TextDecoder` has its own.
    ("", ".cnv"),
    // Names of hosts (UTS 46): `URL` has tables of its own.
    ("", "/uts46.nrm"),
    // The form NFKC_SCF. Regular expressions ask for NFKC_CF, `String.prototype.normalize` for NFC and NFKC.
    ("", "/nfkc_scf.nrm"),
    // Characters that look alike.
    ("", "/confusables.cfu"),
    // Where a line may end. `Intl.Segmenter` is for characters, words and sentences; `Intl.v8BreakIterator`, which is no standard,
    // is taken from programs, as Node does.
    ("/brkitr/line", ".brk"),
];

/// ICU wants an item at a multiple of that.
const ALIGNMENT: usize = 16;
/// A name and a place, each four bytes from the beginning of the table.
const ENTRY: usize = 8;

unsafe extern "C" {
    /// The data's first byte. ICU's version is in the name, by which its functions ask for it.
    static icudt77_dat: u8;
}

/// Writes `icu.dat`, and `icu.rs`, which includes it.
///
/// # Errors
/// The data has another form than is known here.
pub fn write(out_dir: &Path) -> Result<(), Box<dyn Error>> {
    let data = of_v8().ok_or("ICU's data has another form")?;
    let is = |name: &str, (part, end)| name.contains(part) && name.ends_with(end);
    let kept = without(data, |name| {
        LEFT_OUT.into_iter().any(|left_out| is(name, left_out))
    });
    let kept = kept.ok_or("ICU's data has another form")?;
    let file = out_dir.join("icu.dat");
    fs::write(&file, &kept)?;
    let item = format!(
        "#[expect(clippy::large_const_arrays, reason = \"it is read once, by a static\")]\nconst ICU_DATA: [u8; {}] = *include_bytes!({file:?});\n",
        kept.len()
    );
    Ok(fs::write(out_dir.join("icu.rs"), item)?)
}

/// All of the data that V8's library has, whose length stands nowhere. `None`: it has another form.
fn of_v8() -> Option<&'static [u8]> {
    // SAFETY: it is constant, and as long as its table says: the last item, which is a resource bundle, says how long it is.
    let first = |length| unsafe { std::slice::from_raw_parts(&raw const icudt77_dat, length) };
    let table = number(first(2), 0, 2)?;
    let count = number(first(table + 4), table, 4)?;
    let entries = first(table + 4 + count * ENTRY);
    let last = table + number(entries, table + 4 + (count - 1) * ENTRY + 4, 4)?;
    let header = number(first(last + 2), last, 2)?;
    // Behind the header, in units of four bytes: the root, and then numbers, the fourth of which is the bundle's end.
    const END: usize = 4 + 3 * 4;
    let end = number(first(last + header + END + 4), last + header + END, 4)?;
    let data = first(last + header + end * 4);
    name(data, table, count - 1)?.ends_with(".res").then_some(data)
}

/// The same data without some of its items.
fn without(data: &[u8], is_left_out: impl Fn(&str) -> bool) -> Option<Vec<u8>> {
    let table = number(data, 0, 2)?;
    let count = number(data, table, 4)?;
    let place = |index: usize| match index < count {
        true => Some(table + number(data, table + 4 + index * ENTRY + 4, 4)?),
        false => Some(data.len()),
    };
    let mut kept = Vec::new();
    for index in 0..count {
        let name = name(data, table, index)?;
        if !is_left_out(name) {
            kept.push((name, data.get(place(index)?..place(index + 1)?)?));
        }
    }

    let mut written = data.get(..table)?.to_vec();
    written.extend(u32::try_from(kept.len()).ok()?.to_le_bytes());
    let mut name_at = 4 + kept.len() * ENTRY;
    let names: usize = kept.iter().map(|(name, _)| name.len() + 1).sum();
    let items = (table + name_at + names).next_multiple_of(ALIGNMENT);
    let mut item_at = items - table;
    for (name, item) in &kept {
        for at in [name_at, item_at] {
            written.extend(u32::try_from(at).ok()?.to_le_bytes());
        }
        name_at += name.len() + 1;
        item_at += item.len().next_multiple_of(ALIGNMENT);
    }
    for (name, _) in &kept {
        written.extend(name.bytes().chain([0]));
    }
    for (_, item) in &kept {
        written.resize(written.len().next_multiple_of(ALIGNMENT), 0);
        written.extend_from_slice(item);
    }
    Some(written)
}

/// The name of an item; `table`: where the table begins, its numbers count from there.
fn name(data: &[u8], table: usize, index: usize) -> Option<&str> {
    let from = table + number(data, table + 4 + index * ENTRY, 4)?;
    let name = data.get(from..)?.split(|byte| *byte == 0).next()?;
    std::str::from_utf8(name).ok()
}

/// A number of so many bytes, little-endian: the data is for the machine that it is built for.
fn number(data: &[u8], at: usize, bytes: usize) -> Option<usize> {
    let bytes = data.get(at..at + bytes)?;
    Some(
        bytes
            .iter()
            .rev()
            .fold(0, |number, byte| number << 8 | usize::from(*byte)),
    )
}
