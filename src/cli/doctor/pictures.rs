//! The kept pictures of rejected packs: how many there are, and whether there is room for more.

use super::finding::{Finding, State, Topic};
use crate::config::Config;
use crate::station::evidence;

/// What lies in the folder, beside what may.
pub fn examine(config: &Config) -> Option<Finding> {
    let bounds = &config.evidence;
    if !bounds.keep {
        return None;
    }
    let found = evidence::scan(&config.station.data_dir).map(|(held, _)| {
        let bytes: u64 = held.values().map(|one| one.bytes).sum();
        (held.len() as u64, bytes)
    });
    Some(match found {
        Ok((pictures, bytes)) => judge(pictures, bytes, bounds.max_pictures, bounds.max_mb),
        Err(why) => {
            let text = format!("the folder of pictures cannot be looked at ({why})");
            Finding::new(Topic::Store, "pictures", State::Unknown, text)
                .act("Look at the folder evidence in data_dir: rights, file system.")
        }
    })
}

fn judge(pictures: u64, bytes: u64, pictures_max: u64, max_mb: u64) -> Finding {
    let mb = bytes.div_ceil(1_000_000);
    let text = format!("{pictures} of {pictures_max}, {mb} of {max_mb} MB");
    let finding = |state| Finding::new(Topic::Store, "pictures", state, text.clone());
    // The oldest go long before; what stays then is in question.
    match pictures >= pictures_max || mb >= max_mb {
        false => finding(State::Ok),
        true => finding(State::Wrong).act(
            "New pictures are not kept: those of the open batch and of what is held or recalled never go by \
             themselves. Close the batch, decide about what is held, or raise max_pictures and max_mb of [evidence].",
        ),
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn no_room_for_another_picture_is_wrong() {
        assert_eq!(judge(0, 0, 16, 16).state, State::Ok);
        assert_eq!(judge(15, 15_000_000, 16, 16).state, State::Ok);
        assert_eq!(judge(16, 1, 16, 16).state, State::Wrong);
        assert_eq!(judge(3, 15_000_001, 16, 16).state, State::Wrong);
    }
}
