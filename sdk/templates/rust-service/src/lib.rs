//! The service @name@: logs an event now and then.
mod hawser;

use hawser::{Field, Loop, Node, Op, Str, Table};
use std::mem::size_of;
use std::os::raw::c_void;

#[repr(C)]
struct Instance {
    op: Op, // the first member: what tick() gets
    of: *mut Loop,
    node: *const Node,
    every: u64,
    at: u64,
    count: u64,
}

unsafe extern "C" fn tick(op: *mut Op, _result: i64) {
    let instance = &mut *op.cast::<Instance>();
    instance.count += 1;
    let text = instance.count.to_string();
    let count = Field { name: Str::from("count"), value: Str::of(text.as_bytes()) };
    ((*(*instance.node).host).log)(instance.node, hawser::LOG_INFO, Str::from("tick"), &count, 1);
    instance.at = next(instance.at, instance.every);
    ((*(*instance.of).api).timer)(instance.of, instance.at, op);
}

/// Always a whole number of intervals after the start.
fn next(at: u64, every: u64) -> u64 {
    at.saturating_add(every)
}

unsafe extern "C" fn create(of: *mut Loop, node: *const Node, _: *mut hawser::Error) -> *mut c_void {
    let op = Op { complete: tick, host: [std::ptr::null_mut(); 4] };
    let every = hawser::option(node, "every").value.integer as u64;
    Box::into_raw(Box::new(Instance { op, of, node, every, at: 0, count: 0 })).cast()
}

unsafe extern "C" fn destroy(instance: *mut c_void) {
    drop(Box::from_raw(instance.cast::<Instance>()));
}

unsafe extern "C" fn start(instance: *mut c_void, _done: *mut Op, _error: *mut hawser::Error) -> i32 {
    let instance = &mut *instance.cast::<Instance>();
    instance.at = (*instance.of).now;
    ((*(*instance.of).api).timer)(instance.of, instance.at, &mut instance.op);
    hawser::OK
}

unsafe extern "C" fn stop(instance: *mut c_void, _done: *mut Op) -> i32 {
    let instance = &mut *instance.cast::<Instance>();
    ((*(*instance.of).api).cancel)(instance.of, &mut instance.op);
    hawser::OK
}

static SERVICE: Table<hawser::Service> = Table(hawser::Service {
    kind: hawser::Kind {
        struct_size: size_of::<hawser::Service>() as u32,
        reserved: 0,
        role: b"hawser.service/1\0".as_ptr(),
        name: b"@name@\0".as_ptr(),
        share: None,
        unshare: None,
        create,
        get_interface: None,
        drain: None,
        destroy,
    },
    start: Some(start),
    stop: Some(stop),
});

struct Kinds([*const hawser::Kind; 1]);
unsafe impl Sync for Kinds {}
static KINDS: Kinds = Kinds([std::ptr::addr_of!(SERVICE.0.kind)]);
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
    use super::next;

    #[test]
    fn ticks_keep_their_phase() {
        assert_eq!(next(1_000, 250), 1_250);
    }
}
