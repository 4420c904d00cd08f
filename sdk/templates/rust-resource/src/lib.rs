//! The resource @name@: greets whoever the rest of the path names.
mod hawser;

use hawser::{Exchange, Field, Loop, Node, Piece, Request, Str, Table};
use std::mem::size_of;
use std::os::raw::c_void;

struct Instance {
    greeting: Str, // of the options: valid as long as the instance
}

fn greeting(greeting: &[u8], rest: &[u8]) -> Vec<u8> {
    let name = rest.strip_prefix(b"/").unwrap_or(rest); // "ada" or "/ada", as the route says
    let name = if name.is_empty() { b"world" } else { name };
    [greeting, b", ", name, b"\n"].concat()
}

unsafe extern "C" fn on_request(instance: *mut c_void, exchange: *mut Exchange, request: *const Request) {
    let api = &*(*exchange).api;
    let method = (*request).method;
    if method != hawser::GET && method != hawser::HEAD {
        let allow = Field { name: Str::from("Allow"), value: Str::from("GET, HEAD") };
        (api.respond)(exchange, 405, &allow, 1, std::ptr::null(), 0);
        return;
    }
    let instance = &*instance.cast::<Instance>();
    let text = greeting(instance.greeting.bytes(), (*request).rest.bytes());
    let kind = Field { name: Str::from("Content-Type"), value: Str::from("text/plain; charset=utf-8") };
    let body = Piece::copied(&text);
    (api.respond)(exchange, 200, &kind, 1, &body, 1);
}

unsafe extern "C" fn create(_: *mut Loop, node: *const Node, _: *mut hawser::Error) -> *mut c_void {
    let greeting = hawser::option(node, "greeting").value.string;
    Box::into_raw(Box::new(Instance { greeting })).cast()
}

unsafe extern "C" fn destroy(instance: *mut c_void) {
    drop(Box::from_raw(instance.cast::<Instance>()));
}

static RESOURCE: Table<hawser::Resource> = Table(hawser::Resource {
    kind: hawser::Kind {
        struct_size: size_of::<hawser::Resource>() as u32,
        reserved: 0,
        role: b"hawser.http.resource/1\0".as_ptr(),
        name: b"@name@\0".as_ptr(),
        share: None,
        unshare: None,
        create,
        get_interface: None,
        drain: None,
        destroy,
    },
    on_request,
});

struct Kinds([*const hawser::Kind; 1]);
unsafe impl Sync for Kinds {}
static KINDS: Kinds = Kinds([std::ptr::addr_of!(RESOURCE.0.kind)]);
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
    use super::greeting;

    #[test]
    fn greets_whoever_the_path_names() {
        assert_eq!(greeting(b"Ahoy", b"/ada"), b"Ahoy, ada\n");
        assert_eq!(greeting(b"Ahoy", b""), b"Ahoy, world\n");
    }
}
