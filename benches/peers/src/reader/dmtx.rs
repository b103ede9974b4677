//! libdmtx through its C interface. The only file with `unsafe`: `dmtx.h` of version 0.7.7, the few functions needed.
#![expect(unsafe_code, reason = "a C library is called")]

use super::{Answer, Content, DMTX, Job, Reader, Side};
use std::ffi::{c_int, c_long, c_uchar, c_uint, c_ulong};

#[repr(C)]
struct Image {
    _opaque: [u8; 0],
}

#[repr(C)]
struct Decode {
    _opaque: [u8; 0],
}

#[repr(C)]
struct Region {
    _opaque: [u8; 0],
}

#[repr(C)]
struct Message {
    array_size: usize,
    code_size: usize,
    output_size: usize,
    output_idx: c_int,
    pad_count: c_int,
    fnc1: c_int,
    array: *mut c_uchar,
    code: *mut c_uchar,
    output: *mut c_uchar,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Time {
    sec: c_long,
    usec: c_ulong,
}

const PACK_8BPP_GREY: c_int = 300;
const PROP_FNC1: c_int = 104;
/// As many errors as the code corrects.
const UNDEFINED: c_int = -1;
const GROUP_SEPARATOR: u8 = 0x1d;
/// FNC1 as a codeword.
const FNC1_CODEWORD: u8 = 232;
/// Smallest side it is given: it aborts the process on pictures of 1 × 1 and 2 × 2.
const SIDE_MIN: usize = 8;

#[link(name = "dmtx")]
unsafe extern "C" {
    fn dmtxTimeNow() -> Time;
    fn dmtxTimeAdd(time: Time, msec: c_long) -> Time;
    fn dmtxImageCreate(
        pixels: *mut c_uchar,
        width: c_int,
        height: c_int,
        pack: c_int,
    ) -> *mut Image;
    fn dmtxImageDestroy(image: *mut *mut Image) -> c_uint;
    fn dmtxDecodeCreate(image: *mut Image, scale: c_int) -> *mut Decode;
    fn dmtxDecodeSetProp(decode: *mut Decode, prop: c_int, value: c_int) -> c_uint;
    fn dmtxDecodeDestroy(decode: *mut *mut Decode) -> c_uint;
    fn dmtxRegionFindNext(decode: *mut Decode, until: *mut Time) -> *mut Region;
    fn dmtxRegionDestroy(region: *mut *mut Region) -> c_uint;
    fn dmtxDecodeMatrixRegion(decode: *mut Decode, region: *mut Region, fix: c_int)
    -> *mut Message;
    fn dmtxMessageDestroy(message: *mut *mut Message) -> c_uint;
}

/// The reader with its time limit.
pub struct Dmtx {
    limit_ms: c_long,
    pixels: Vec<u8>,
}

impl Dmtx {
    /// One that gives up after so many milliseconds.
    pub fn new(limit_ms: u32) -> Dmtx {
        Dmtx {
            limit_ms: c_long::from(limit_ms),
            pixels: Vec::new(),
        }
    }
}

/// The content of a message; the FNC1 that only says "this is GS1" left out.
///
/// # Safety
/// `message` must be what `dmtxDecodeMatrixRegion` returned, not null and not yet destroyed.
unsafe fn content(message: *const Message) -> Content {
    // SAFETY: the library keeps `output_size` bytes at `output` and `code_size` at `code` until the message is
    // destroyed; lengths are held to those sizes.
    let (mut bytes, first) = unsafe {
        let message = &*message;
        let length = usize::try_from(message.output_idx).unwrap_or(0);
        let length = length.min(message.output_size);
        let bytes = std::slice::from_raw_parts(message.output, length).to_vec();
        let first = (message.code_size > 0).then(|| *message.code);
        (bytes, first)
    };
    if first == Some(FNC1_CODEWORD) && bytes.first() == Some(&GROUP_SEPARATOR) {
        bytes.remove(0);
    }
    Content { bytes, text: None }
}

impl Reader for Dmtx {
    fn name(&self) -> &'static str {
        DMTX
    }

    fn side(&self) -> Side {
        Side::Peer
    }

    fn prepare(&mut self, job: &Job) {
        self.pixels.clone_from(&job.picture.luma);
    }

    fn read(&mut self, job: &Job) -> Answer {
        let (width, height) = (job.picture.width, job.picture.height);
        let (Ok(across), Ok(down)) = (c_int::try_from(width), c_int::try_from(height)) else {
            return Answer::Nothing;
        };
        if width.min(height) < SIDE_MIN || self.pixels.len() != width * height {
            return Answer::Nothing;
        }
        // SAFETY: the pixels live longer than image and decoder, which are destroyed below; every pointer is checked
        // before it is used, and destroyed once.
        unsafe {
            let mut until = dmtxTimeAdd(dmtxTimeNow(), self.limit_ms);
            let mut image = dmtxImageCreate(self.pixels.as_mut_ptr(), across, down, PACK_8BPP_GREY);
            if image.is_null() {
                return Answer::Nothing;
            }
            let mut decode = dmtxDecodeCreate(image, 1);
            let mut answer = Answer::Nothing;
            if !decode.is_null() {
                dmtxDecodeSetProp(decode, PROP_FNC1, c_int::from(GROUP_SEPARATOR));
                answer = search(decode, &raw mut until);
                dmtxDecodeDestroy(&raw mut decode);
            }
            dmtxImageDestroy(&raw mut image);
            answer
        }
    }
}

/// Looks at region after region until one decodes or the time is up.
///
/// # Safety
/// `decode` must be a living decoder, `until` a time.
unsafe fn search(decode: *mut Decode, until: *mut Time) -> Answer {
    loop {
        // SAFETY: as above; a region and a message are destroyed exactly once.
        unsafe {
            let mut region = dmtxRegionFindNext(decode, until);
            if region.is_null() {
                return Answer::Nothing;
            }
            let mut message = dmtxDecodeMatrixRegion(decode, region, UNDEFINED);
            dmtxRegionDestroy(&raw mut region);
            if !message.is_null() {
                let found = content(message);
                dmtxMessageDestroy(&raw mut message);
                return Answer::Read(found);
            }
        }
    }
}
