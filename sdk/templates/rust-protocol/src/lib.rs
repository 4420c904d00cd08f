//! The protocol @name@: greets, and gives back every line.
mod hawser;

use hawser::{Conn, Loop, Node, Piece, Session, Str, Table};
use std::mem::size_of;
use std::os::raw::c_void;

struct Instance {
    greeting: Str, // of the options: valid as long as the instance
}

unsafe fn write(conn: *mut Conn, bytes: &[u8]) {
    let piece = Piece::copied(bytes);
    if ((*(*conn).api).write)(conn, &piece, 1) != hawser::OK {
        ((*(*conn).api).pause)(conn, 1);
    }
}

/// How many bytes of whole lines `data` begins with.
fn whole_lines(data: &[u8]) -> usize {
    data.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1)
}

// Whole lines only; the rest is kept by the host and comes again with more.
unsafe extern "C" fn on_data(conn: *mut c_void, data: Str) -> usize {
    let whole = whole_lines(data.bytes());
    if whole > 0 {
        write(conn.cast(), &data.bytes()[..whole]);
    }
    whole
}

unsafe extern "C" fn on_drained(conn: *mut c_void) {
    let conn: *mut Conn = conn.cast();
    ((*(*conn).api).pause)(conn, 0);
}

unsafe extern "C" fn on_drain(conn: *mut c_void, _deadline: u64, _why: u32) {
    let conn: *mut Conn = conn.cast();
    ((*(*conn).api).close)(conn, hawser::CLOSE);
}

unsafe extern "C" fn create(_: *mut Loop, node: *const Node, _: *mut hawser::Error) -> *mut c_void {
    let greeting = hawser::option(node, "greeting").value.string;
    Box::into_raw(Box::new(Instance { greeting })).cast()
}

unsafe extern "C" fn destroy(instance: *mut c_void) {
    drop(Box::from_raw(instance.cast::<Instance>()));
}

// The connection itself is the self of its session: it needs nothing more.
unsafe extern "C" fn open(instance: *mut c_void, conn: *mut Conn, _parked: Str) -> *mut c_void {
    let instance = &*instance.cast::<Instance>();
    write(conn, instance.greeting.bytes());
    write(conn, b"\n");
    conn.cast()
}

static SESSION: Session = Session {
    struct_size: size_of::<Session>() as u32,
    reserved: 0,
    on_open: None,
    on_data: Some(on_data),
    on_drained: Some(on_drained),
    on_eof: None,
    on_timer: None,
    on_drain: Some(on_drain),
    park: None,
    on_close: None,
};

static PROTOCOL: Table<hawser::Protocol> = Table(hawser::Protocol {
    kind: hawser::Kind {
        struct_size: size_of::<hawser::Protocol>() as u32,
        reserved: 0,
        role: b"hawser.protocol/1\0".as_ptr(),
        name: b"@name@\0".as_ptr(),
        share: None,
        unshare: None,
        create,
        get_interface: None,
        drain: None,
        destroy,
    },
    session: &SESSION,
    open,
});

struct Kinds([*const hawser::Kind; 1]);
unsafe impl Sync for Kinds {}
static KINDS: Kinds = Kinds([std::ptr::addr_of!(PROTOCOL.0.kind)]);
static PLUGIN: Table<hawser::Plugin> = Table(hawser::Plugin {
    struct_size: size_of::<hawser::Plugin>() as u32,
    abi_minor: 0,
    kinds: KINDS.0.as_ptr(),
    kind_count: 1,
});

#[no_mangle]
pub extern "C" fn hawser_plugin_v1(_: *const hawser::Host, _: *mut hawser::Error) -> *const hawser::Plugin {
    &PLUGIN.0
}

const MANIFEST: &[u8] = include_bytes!("../plugin.toml");
#[link_section = ".note.hawser"]
#[used]
static NOTE: hawser::Note<{ hawser::padded(MANIFEST.len()) }> = hawser::Note::new(MANIFEST);

#[cfg(test)]
mod tests {
    use super::whole_lines;

    #[test]
    fn a_line_without_its_end_waits() {
        assert_eq!(whole_lines(b"one\ntwo"), 4);
        assert_eq!(whole_lines(b"one"), 0);
        assert_eq!(whole_lines(b"one\n"), 4);
    }
}
