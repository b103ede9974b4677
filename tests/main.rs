//! Promises.

mod gs1_conformance;
mod label_pictures;
mod vision_frames;
mod vision_photos;
