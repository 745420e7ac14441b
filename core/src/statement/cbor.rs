//! One walk over an item before anything of it is believed: SPEC section 1's encoding and its bounds. Statements are hashed as
//! received, so two writings of one meaning would be two statements; only the deterministic one is taken.

/// Deepest nesting that a reader takes.
const DEPTH_MAX: usize = 16;

/// What is open around the place being read.
struct Open {
    /// Items still to come.
    left: u64,
    /// For a map: the key before, once there was one.
    keys: Option<Option<u64>>,
}

/// Whether `bytes` are exactly one well-formed item in the deterministic encoding, with unsigned ascending map keys and no deeper
/// than 16. Needs no more memory than the depth, whatever lengths are claimed.
pub(super) fn is_sound(bytes: &[u8]) -> bool {
    walk(bytes).is_some()
}

fn walk(mut rest: &[u8]) -> Option<()> {
    let mut open: Vec<Open> = Vec::new();
    loop {
        let (major, value) = take_head(&mut rest)?;
        if let Some(level) = open.last_mut() {
            level.left = level.left.checked_sub(1)?;
            // Keys stand at odd distances from the end.
            if let Some(before) = level.keys.as_mut().filter(|_| level.left % 2 == 1) {
                if major != 0 || before.is_some_and(|before| before >= value) {
                    return None;
                }
                *before = Some(value);
            }
        }
        match major {
            2 | 3 => rest = rest.get(usize::try_from(value).ok()?..)?,
            4 => open.push(Open { left: value, keys: None }),
            5 => open.push(Open { left: value.checked_mul(2)?, keys: Some(None) }),
            6 => open.push(Open { left: 1, keys: None }),
            _ => {}
        }
        if open.len() > DEPTH_MAX {
            return None;
        }
        while open.last().is_some_and(|level| level.left == 0) {
            open.pop();
        }
        if open.is_empty() {
            return rest.is_empty().then_some(());
        }
    }
}

/// One head: major type and argument, which must be as short as it can be. A float's argument is its bits.
fn take_head(rest: &mut &[u8]) -> Option<(u8, u64)> {
    let (first, tail) = rest.split_first()?;
    let (major, short) = (first >> 5, first & 31);
    let width = match short {
        0..24 => 0,
        24..28 => 1 << (short - 24),
        // Reserved, or an indefinite length.
        _ => return None,
    };
    let (wide, tail) = tail.split_at_checked(width)?;
    *rest = tail;
    if width == 0 {
        return Some((major, u64::from(short)));
    }
    let value = wide.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
    let least = match (major, width) {
        // A simple value in a byte of its own is never below 32; a float is as long as its precision wants.
        (7, 1) => 32,
        (7, _) => 0,
        (_, 1) => 24,
        (_, width) => 1 << (width * 4),
    };
    (value >= least).then_some((major, value))
}
