//! Reads rows straight from the pages of an SQLite file, without its tree: what is whole on one page can be read
//! whatever happened to the others. Sections named here are those of the SQLite file format
//! (sqlite.org/fileformat2.html).

/// A row of the table `rows`: its table's number, its key, its value.
pub(super) type RawRow = (u8, Vec<u8>, Vec<u8>);

/// Pages of the table's tree hold rows in leaves and, between its children, in interior pages (1.6).
const LEAF: u8 = 0x0a;
const INTERIOR: u8 = 0x02;

/// The rows on the `number`th page, counted from 0. Nothing of a page that holds no rows, nothing of a broken row.
pub(super) fn rows_on(file: &[u8], page_size: usize, number: usize) -> Vec<RawRow> {
    let Some(page) = page(file, page_size, number) else {
        return Vec::new();
    };
    let (header, child) = match page.first() {
        Some(&LEAF) => (8, 0),
        Some(&INTERIOR) => (12, 4),
        _ => return Vec::new(),
    };
    let cells = number_at(page, 3, 2).unwrap_or(0);
    let row = |cell: usize| {
        let at = number_at(page, header + 2 * cell, 2)?;
        row(&payload(file, page_size, page.get(at + child..)?)?)
    };
    (0..cells.min(page_size / 2)).filter_map(row).collect()
}

fn page(file: &[u8], page_size: usize, number: usize) -> Option<&[u8]> {
    let start = number.checked_mul(page_size)?;
    file.get(start..start.checked_add(page_size)?)
}

/// A big-endian integer of up to four bytes.
fn number_at(bytes: &[u8], at: usize, length: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(length)?)?;
    Some(bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
}

/// A variable-length integer (1.6), with the bytes behind it. Those above 2^56 are no lengths.
fn varint(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0_usize;
    for (at, byte) in bytes.iter().enumerate().take(8) {
        value = value << 7 | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(at + 1..)?));
        }
    }
    None
}

/// The payload of a cell, with what of it lies on overflow pages (1.6, 1.7).
fn payload(file: &[u8], page_size: usize, cell: &[u8]) -> Option<Vec<u8>> {
    let (length, rest) = varint(cell)?;
    if length > file.len() {
        return None;
    }
    let most = (page_size - 12) * 64 / 255 - 23;
    let least = (page_size - 12) * 32 / 255 - 23;
    if length <= most {
        return Some(rest.get(..length)?.to_vec());
    }
    let full = least + (length - least) % (page_size - 4);
    let local = if full <= most { full } else { least };
    let mut payload = rest.get(..local)?.to_vec();
    let mut next = number_at(rest, local, 4)?;
    while payload.len() < length {
        let overflow = page(file, page_size, next.checked_sub(1)?)?;
        let wanted = (length - payload.len()).min(page_size - 4);
        payload.extend_from_slice(overflow.get(4..4 + wanted)?);
        next = number_at(overflow, 0, 4)?;
    }
    Some(payload)
}

/// A record of an integer and two BLOBs (2.1).
fn row(record: &[u8]) -> Option<RawRow> {
    let (header_length, rest) = varint(record)?;
    let (number_type, rest) = varint(rest)?;
    let (key_type, rest) = varint(rest)?;
    let (value_type, rest) = varint(rest)?;
    if record.len() - rest.len() != header_length {
        return None;
    }
    let (number, rest) = match number_type {
        8 => (0, rest),
        9 => (1, rest),
        1 => rest.split_first().map(|(number, rest)| (*number, rest))?,
        _ => return None,
    };
    let length = |kind: usize| (kind >= 12 && kind.is_multiple_of(2)).then(|| (kind - 12) / 2);
    let (key, rest) = rest.split_at_checked(length(key_type)?)?;
    let (value, rest) = rest.split_at_checked(length(value_type)?)?;
    rest.is_empty().then(|| (number, key.to_vec(), value.to_vec()))
}
