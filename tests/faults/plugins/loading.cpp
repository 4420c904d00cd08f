#include "fault.hpp"

#include <dlfcn.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <string>

namespace fault {
namespace {

volatile int g_zero = 0, g_sink = 7;

// Uses its stack up.
int overflow(int depth)
{
    volatile char room[4096];
    room[depth % 4096] = static_cast<char>(depth);
    return depth + overflow(depth + 1) + room[0];
}

void free_twice()
{
    void *volatile memory = std::malloc(100);
    std::free(memory);
    std::free(memory);
}

// Beyond the end of a file that is mapped.
void bus_error()
{
    const int file = ::memfd_create("empty", MFD_CLOEXEC);
    void *memory = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    *static_cast<volatile char *>(memory) = 1;
}

struct Thrower {
    ~Thrower() { g_sink = std::stoi("no number"); } // which throws
};

// More and more, and all of it is used.
void runaway()
{
    constexpr std::size_t kBlock = std::size_t{1} << 20;
    static char *last = nullptr;
    for (;;) {
        char *block = new char[kBlock];
        std::memset(block, 1, kBlock);
        std::memcpy(block, &last, sizeof last);
        last = block;
    }
}

void deadlock()
{
    static std::mutex mutex;
    mutex.lock();
    mutex.lock();
}

void throw_in_a_thread()
{
    pthread_t thread;
    const auto work = [](void *) -> void * { throw std::runtime_error("in a thread of its own"); };
    ::pthread_create(&thread, nullptr, work, nullptr);
    ::pthread_join(thread, nullptr);
}

} // namespace

void fail(std::string_view how, const char *where)
{
    if (how == "throw") throw std::runtime_error(std::string("thrown at ") + where);
    if (how == "throw_int") throw 42;
    if (how == "crash") std::raise(SIGSEGV);
    if (how == "exit") std::exit(3);
    if (how == "segv") *static_cast<volatile int *>(nullptr) = 1;
    if (how == "overflow") overflow(1);
    if (how == "abort") std::abort();
    if (how == "fpe") g_sink = g_sink / g_zero;
    if (how == "trap") __builtin_trap();
    if (how == "double_free") free_twice();
    if (how == "thread") throw_in_a_thread();
    if (how == "bus") bus_error();
    if (how == "exit_now") ::_exit(3);
    if (how == "thread_exit") ::pthread_exit(nullptr);
    if (how == "destructor") Thrower thrower;
    if (how == "memory") runaway();
    if (how == "deadlock") deadlock();
    if (how == "busy")
        for (const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(400);
             std::chrono::steady_clock::now() < end;) {}
    if (how == "spin")
        for (;;) g_sink = g_sink + 1;
    if (how == "hang")
        for (;;) ::pause();
}

const std::string &own_name()
{
    static const std::string name = [] {
        Dl_info info{};
        ::dladdr(reinterpret_cast<const void *>(&own_name), &info);
        const std::string path = info.dli_fname;
        const std::size_t begin = path.rfind('/') + 1;
        // The host loads a copy: ctor_crash-1.0.0-0123456789abcdef.so
        return path.substr(begin, path.find_first_of("-.", begin) - begin);
    }();
    return name;
}

namespace {

struct Initializer {
    Initializer()
    {
        const std::string &name = own_name();
        if (name.starts_with("ctor_")) fail(std::string_view(name).substr(5), "a static initializer");
        if (name == "ctor_print") {
            std::puts("a line that nobody asked for");
            std::fflush(stdout);
        }
        if (name == "ctor_fork" && ::fork() == 0)
            for (;;) ::pause();
        if (name == "ctor_fork_on") static_cast<void>(::fork()); // and the child goes on as if it were the worker
    }
};
const Initializer kInitializer;

// The tables of the entry, whole and as they must not be.
const hawser_kind *const kKinds[] = {&kService.kind, &kUser.kind, &kProtocol.kind, &kResource.kind};
const hawser_plugin kPlugin{sizeof(hawser_plugin), 0, kKinds, 4};

const hawser_plugin *spoiled(std::string_view how)
{
    static const hawser_kind *kinds[4];
    static hawser_plugin plugin;
    static hawser_protocol protocol;
    plugin = kPlugin;
    plugin.kinds = kinds;
    protocol = kProtocol;
    for (int i = 0; i < 4; ++i) kinds[i] = kKinds[i];
    kinds[2] = &protocol.kind;
    if (how == "table_short") plugin.struct_size = 8;
    if (how == "table_newer") plugin.abi_minor = 9;
    if (how == "table_many") plugin.kind_count = 1'000'000'000;
    if (how == "table_null") plugin.kinds = nullptr;
    if (how == "table_garbage") plugin.kinds = reinterpret_cast<const hawser_kind *const *>(std::uintptr_t{16});
    if (how == "kind_null") kinds[2] = nullptr;
    if (how == "kind_short") protocol.kind.struct_size = 40;
    if (how == "kind_nameless") protocol.kind.name = nullptr;
    if (how == "kind_other") protocol.kind.name = "another";
    if (how == "kind_no_create") protocol.kind.create = nullptr;
    if (how == "kind_no_session") protocol.session = nullptr;
    return &plugin;
}

} // namespace
} // namespace fault

extern "C" HAWSER_PUBLIC const hawser_plugin *HAWSER_CALL hawser_plugin_v1(const hawser_host *, hawser_error *error)
{
    const std::string_view name = fault::own_name();
    if (name == "entry_silent") return nullptr;
    if (name == "entry_refuse") {
        std::snprintf(error->text, sizeof error->text, "not on this machine");
        return nullptr;
    }
    if (name == "entry_endless") { // text without an end
        for (char &c : error->text) c = 'x';
        return nullptr;
    }
    if (name.starts_with("entry_")) fault::fail(name.substr(6), "the entry");
    return fault::spoiled(name);
}
