//! The boundary of hawser/abi.h and hawser/http.h, version 1.0, as Rust sees it. Read those headers for what each
//! function promises: views live until the called function returns, and every call comes on the loop's own thread.
#![allow(dead_code)]

use std::os::raw::{c_char, c_void};

pub const OK: i32 = 0;
pub const PENDING: i32 = 1;
pub const CLOSED: i32 = -1;
pub const FAILED: i32 = -12;
pub const LOG_INFO: u32 = 3;
pub const CLOSE: u32 = 2;
pub const GET: u16 = 1;
pub const HEAD: u16 = 2;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Str {
    pub p: *const u8,
    pub n: usize,
}

impl Str {
    pub const fn from(text: &'static str) -> Str {
        Str { p: text.as_ptr(), n: text.len() }
    }
    pub fn of(bytes: &[u8]) -> Str {
        Str { p: bytes.as_ptr(), n: bytes.len() }
    }
    /// # Safety
    /// What it points to must live as long as the result is used.
    pub unsafe fn bytes<'a>(self) -> &'a [u8] {
        if self.n == 0 {
            &[]
        } else {
            std::slice::from_raw_parts(self.p, self.n)
        }
    }
}

#[repr(C)]
pub struct Field {
    pub name: Str,
    pub value: Str,
}

/// Without `release` it is copied before the call returns.
#[repr(C)]
pub struct Piece {
    pub p: *const u8,
    pub n: usize,
    pub release: Option<unsafe extern "C" fn(*mut c_void)>,
    pub ctx: *mut c_void,
}

impl Piece {
    pub fn copied(bytes: &[u8]) -> Piece {
        Piece { p: bytes.as_ptr(), n: bytes.len(), release: None, ctx: std::ptr::null_mut() }
    }
}

#[repr(C)]
pub struct Error {
    pub struct_size: u32,
    pub code: i32,
    pub option: [c_char; 120],
    pub text: [c_char; 384],
}

#[repr(C)]
pub union As {
    pub integer: i64,
    pub real: f64,
    pub string: Str,
    pub items: *const Value,
    pub object: *const c_void,
}

#[repr(C)]
pub struct Value {
    pub key: Str,
    pub kind: u32,
    pub count: u32,
    pub value: As,
}

#[repr(C)]
pub struct Node {
    pub struct_size: u32,
    pub tag: u32,
    pub host: *const Host,
    pub options: *const Value,
    pub name: Str,
    pub shared: *mut c_void,
}

/// The option of this name; the manifest says that it is there.
///
/// # Safety
/// `node` is what create was given.
pub unsafe fn option<'a>(node: *const Node, name: &str) -> &'a Value {
    let table = &*(*node).options;
    (0..table.count as usize)
        .map(|i| &*table.value.items.add(i))
        .find(|each| each.key.bytes() == name.as_bytes())
        .expect("an option of plugin.toml")
}

#[repr(C)]
pub struct Host {
    pub struct_size: u32,
    pub abi_minor: u32,
    pub get_interface: unsafe extern "C" fn(*const Host, *const c_char) -> *const c_void,
    pub log: unsafe extern "C" fn(*const Node, u32, Str, *const Field, usize),
    pub post:
        unsafe extern "C" fn(*const Host, u64, unsafe extern "C" fn(*mut c_void, *mut c_void), *mut c_void) -> i32,
    pub fail: unsafe extern "C" fn(*const Node, Str),
}

#[repr(C)]
pub struct Op {
    pub complete: unsafe extern "C" fn(*mut Op, i64),
    pub host: [*mut c_void; 4],
}

#[repr(C)]
pub struct LoopApi {
    pub struct_size: u32,
    pub reserved: u32,
    pub timer: unsafe extern "C" fn(*mut Loop, u64, *mut Op) -> i32,
    pub cancel: unsafe extern "C" fn(*mut Loop, *mut Op) -> i32,
    pub offload: unsafe extern "C" fn(
        *mut Loop,
        unsafe extern "C" fn(*mut c_void) -> i64,
        unsafe extern "C" fn(*mut c_void),
        *mut c_void,
        *mut Op,
    ) -> i32,
    pub connect: *const c_void,
    pub track: unsafe extern "C" fn(*mut Loop, *mut c_void) -> u64,
    pub untrack: unsafe extern "C" fn(*mut Loop, u64),
}

#[repr(C)]
pub struct Loop {
    pub api: *const LoopApi,
    pub now: u64,
    pub wall: i64,
    pub crumb: u32,
    pub index: u32,
}

#[repr(C)]
pub struct ConnApi {
    pub struct_size: u32,
    pub reserved: u32,
    pub write: unsafe extern "C" fn(*mut Conn, *const Piece, usize) -> i32,
    pub send_file: *const c_void,
    pub pause: unsafe extern "C" fn(*mut Conn, i32),
    pub set_timer: unsafe extern "C" fn(*mut Conn, u64),
    pub close: unsafe extern "C" fn(*mut Conn, u32),
    pub attach: *const c_void,
    pub address: *const c_void,
    pub tls: *const c_void,
    pub queued: *const c_void,
}

#[repr(C)]
pub struct Conn {
    pub api: *const ConnApi,
}

#[repr(C)]
pub struct Session {
    pub struct_size: u32,
    pub reserved: u32,
    pub on_open: Option<unsafe extern "C" fn(*mut c_void, *mut Conn)>,
    pub on_data: Option<unsafe extern "C" fn(*mut c_void, Str) -> usize>,
    pub on_drained: Option<unsafe extern "C" fn(*mut c_void)>,
    pub on_eof: Option<unsafe extern "C" fn(*mut c_void)>,
    pub on_timer: Option<unsafe extern "C" fn(*mut c_void)>,
    pub on_drain: Option<unsafe extern "C" fn(*mut c_void, u64, u32)>,
    pub park: Option<unsafe extern "C" fn(*mut c_void, *mut c_char, usize) -> i64>,
    pub on_close: Option<unsafe extern "C" fn(*mut c_void, i32, Str)>,
}

#[repr(C)]
pub struct Kind {
    pub struct_size: u32,
    pub reserved: u32,
    pub role: *const u8,
    pub name: *const u8,
    pub share: Option<unsafe extern "C" fn(*const Node, *mut Error) -> *mut c_void>,
    pub unshare: Option<unsafe extern "C" fn(*mut c_void)>,
    pub create: unsafe extern "C" fn(*mut Loop, *const Node, *mut Error) -> *mut c_void,
    pub get_interface: Option<unsafe extern "C" fn(*mut c_void, *const c_char) -> *const c_void>,
    pub drain: Option<unsafe extern "C" fn(*mut c_void, u64, u32)>,
    pub destroy: unsafe extern "C" fn(*mut c_void),
}

#[repr(C)]
pub struct Protocol {
    pub kind: Kind,
    pub session: *const Session,
    pub open: unsafe extern "C" fn(*mut c_void, *mut Conn, Str) -> *mut c_void,
}

#[repr(C)]
pub struct Service {
    pub kind: Kind,
    pub start: Option<unsafe extern "C" fn(*mut c_void, *mut Op, *mut Error) -> i32>,
    pub stop: Option<unsafe extern "C" fn(*mut c_void, *mut Op) -> i32>,
}

#[repr(C)]
pub struct Request {
    pub struct_size: u32,
    pub version: u16,
    pub method: u16,
    pub method_name: Str,
    pub scheme: Str,
    pub authority: Str,
    pub target: Str,
    pub path: Str,
    pub query: Str,
    pub rest: Str,
    pub fields: *const Field,
    pub field_count: usize,
    pub body_length: i64,
    pub body: Str,
    pub conn: *mut Conn,
}

#[repr(C)]
pub struct ExchangeApi {
    pub struct_size: u32,
    pub reserved: u32,
    pub respond:
        unsafe extern "C" fn(*mut Exchange, u32, *const Field, usize, *const Piece, usize) -> i32,
    pub begin: unsafe extern "C" fn(*mut Exchange, u32, *const Field, usize, i64) -> i32,
    pub write: unsafe extern "C" fn(*mut Exchange, *const Piece, usize) -> i32,
    pub send_file: *const c_void,
    pub end: unsafe extern "C" fn(*mut Exchange, *const Field, usize) -> i32,
    pub inform: *const c_void,
    pub attach: *const c_void,
    pub pause: unsafe extern "C" fn(*mut Exchange, i32),
    pub upgrade: *const c_void,
    pub abort: unsafe extern "C" fn(*mut Exchange),
}

#[repr(C)]
pub struct Exchange {
    pub api: *const ExchangeApi,
}

#[repr(C)]
pub struct Resource {
    pub kind: Kind,
    pub on_request: unsafe extern "C" fn(*mut c_void, *mut Exchange, *const Request),
}

#[repr(C)]
pub struct Plugin {
    pub struct_size: u32,
    pub abi_minor: u32,
    pub kinds: *const *const Kind,
    pub kind_count: usize,
}

/// A table that never changes: it may be seen from every thread.
#[repr(transparent)]
pub struct Table<T>(pub T);
unsafe impl<T> Sync for Table<T> {}

/// The manifest as the note of hawser/manifest.h, found without loading the library.
#[repr(C, align(4))]
pub struct Note<const N: usize> {
    namesz: u32,
    descsz: u32,
    kind: u32,
    name: [u8; 8],
    desc: [u8; N],
}

/// The text's length, filled up with zeros to a multiple of 4.
pub const fn padded(n: usize) -> usize {
    (n + 3) / 4 * 4
}

impl<const N: usize> Note<N> {
    pub const fn new(text: &[u8]) -> Note<N> {
        let mut desc = [0u8; N];
        let mut i = 0;
        while i < text.len() {
            desc[i] = text[i];
            i += 1;
        }
        Note { namesz: 7, descsz: N as u32, kind: 1, name: *b"Hawser\0\0", desc }
    }
}

const _: () = {
    use std::mem::size_of;
    assert!(size_of::<Error>() == 512);
    assert!(size_of::<Value>() == 40);
    assert!(size_of::<Node>() == 48);
    assert!(size_of::<Host>() == 40);
    assert!(size_of::<Op>() == 40);
    assert!(size_of::<LoopApi>() == 56);
    assert!(size_of::<Loop>() == 32);
    assert!(size_of::<ConnApi>() == 80);
    assert!(size_of::<Session>() == 72);
    assert!(size_of::<Kind>() == 72);
    assert!(size_of::<Protocol>() == 88);
    assert!(size_of::<Service>() == 88);
    assert!(size_of::<Request>() == 168);
    assert!(size_of::<ExchangeApi>() == 88);
    assert!(size_of::<Resource>() == 80);
    assert!(size_of::<Plugin>() == 24);
};
