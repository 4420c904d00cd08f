// Tests: tests/faults/crash_test.cpp
#include "worker/crash_watch.hpp"

#include <execinfo.h>
#include <link.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <new>

namespace hawser::host {
namespace {

constexpr std::size_t kStack = 128 * 1024;
constexpr unsigned kPatience = 2; // seconds for the unwinder, which may wait for what the crashed thread holds

// A signal handler has no other way to what it writes to.
std::atomic<CrashRecord *> g_record{nullptr};

std::atomic<StallRecord *> g_stall{nullptr};
std::atomic<bool> g_exit_expected{false};

std::uint64_t instruction_of(const void *context)
{
    const auto &machine = static_cast<const ucontext_t *>(context)->uc_mcontext;
#if defined(__x86_64__)
    return static_cast<std::uint64_t>(machine.gregs[REG_RIP]);
#elif defined(__aarch64__)
    return machine.pc;
#else
    static_cast<void>(machine);
    return 0;
#endif
}

void set_state(CrashRecord &record, std::uint32_t state) { __atomic_store_n(&record.state, state, __ATOMIC_RELEASE); }

// Only what is safe in a signal handler; prepare_unwinder() came before.
void on_crash(int signal, siginfo_t *info, void *context)
{
    CrashRecord *record = g_record.exchange(nullptr);
    while (record == nullptr) ::pause(); // another thread was first, and ends the process
    record->signal = signal;
    record->code = info->si_code;
    record->address = reinterpret_cast<std::uint64_t>(info->si_addr);
    record->instruction = instruction_of(context);
    record->thread = ::gettid();
    set_state(*record, 1);
    std::signal(SIGALRM, SIG_DFL);
    ::alarm(kPatience);
    std::array<void *, CrashRecord::kMostFrames + 8> frames{};
    const int count = ::backtrace(frames.data(), static_cast<int>(frames.size()));
    int first = 0; // the handler's own frames come before
    while (first < count &&
           reinterpret_cast<std::uint64_t>(frames[static_cast<std::size_t>(first)]) != record->instruction)
        ++first;
    if (first == count) first = 0;
    std::uint32_t kept = 0;
    for (int i = first; i < count && kept < CrashRecord::kMostFrames; ++i)
        record->frame[kept++] = reinterpret_cast<std::uint64_t>(frames[static_cast<std::size_t>(i)]);
    record->frames = kept;
    set_state(*record, 2);
    ::alarm(0);
    // What an instruction did comes again when it is tried again; what was sent (raise, abort, kill) does not.
    if (info->si_code <= 0) ::raise(signal);
}

[[noreturn]] void end_as_crash(std::uint32_t cause)
{
    if (CrashRecord *record = g_record.load(); record != nullptr)
        __atomic_store_n(&record->cause, cause, __ATOMIC_RELEASE);
    std::abort();
}

// On the thread of a loop that is stuck in a call.
void on_stall(int, siginfo_t *, void *context)
{
    const int error = errno;
    StallRecord *record = g_stall.load();
    std::array<void *, StallRecord::kMostFrames + 4> frames{};
    const int count = ::backtrace(frames.data(), static_cast<int>(frames.size()));
    const std::uint64_t here = instruction_of(context);
    int first = 0;
    while (first < count && reinterpret_cast<std::uint64_t>(frames[static_cast<std::size_t>(first)]) != here) ++first;
    if (first == count) first = 0;
    std::uint32_t kept = 0;
    for (int i = first; i < count && kept < StallRecord::kMostFrames; ++i)
        record->frame[kept++] = reinterpret_cast<std::uint64_t>(frames[static_cast<std::size_t>(i)]);
    record->frames = kept;
    __atomic_store_n(&record->count, record->count + 1, __ATOMIC_RELEASE);
    errno = error;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

int note(dl_phdr_info *info, std::size_t, void *to)
{
    auto &record = *static_cast<CrashRecord *>(to);
    std::uint64_t begin = ~std::uint64_t{0}, end = 0;
    for (int i = 0; i < info->dlpi_phnum; ++i) {
        const auto &segment = info->dlpi_phdr[i];
        if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
        const std::uint64_t at = info->dlpi_addr + segment.p_vaddr;
        begin = at < begin ? at : begin;
        end = at + segment.p_memsz > end ? at + segment.p_memsz : end;
    }
    if (end == 0 || record.modules >= CrashRecord::kMostModules) return 0;
    CrashModule &module = record.module[record.modules];
    module.begin = begin;
    module.end = end;
    module.bias = info->dlpi_addr;
    const char *path = info->dlpi_name != nullptr && info->dlpi_name[0] != '\0' ? info->dlpi_name : "hawser";
    std::strncpy(module.path, path, CrashModule::kMostPath - 1);
    ++record.modules;
    return 0;
}

} // namespace

SignalStack::SignalStack()
{
    void *memory = ::mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED) return;
    const stack_t stack{memory, 0, kStack};
    if (::sigaltstack(&stack, nullptr) == 0)
        memory_ = memory;
    else
        ::munmap(memory, kStack);
}

SignalStack::~SignalStack()
{
    if (memory_ == nullptr) return;
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    ::sigaltstack(&none, nullptr);
    ::munmap(memory_, kStack);
}

void prepare_unwinder()
{
    void *frame = nullptr;
    ::backtrace(&frame, 1);
}

void watch_for_crashes(CrashRecord &record)
{
    if constexpr (kSanitized) return;
    g_record.store(&record);
    struct sigaction action {};
    action.sa_sigaction = on_crash;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND;
    ::sigemptyset(&action.sa_mask);
    for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP})
        ::sigaction(signal, &action, nullptr);
}

void crash_without_memory()
{
    if constexpr (kSanitized) return;
    std::set_new_handler([] { end_as_crash(CrashRecord::kNoMemory); });
}

void crash_at_exit()
{
    if constexpr (kSanitized) return;
    const auto unexpected = [] {
        if (!g_exit_expected.load()) end_as_crash(CrashRecord::kExit);
    };
    static_cast<void>(std::atexit(unexpected));
    static_cast<void>(::at_quick_exit(unexpected));
}

void expect_exit() { g_exit_expected.store(true); }

void answer_for_stalls(StallRecord &record)
{
    g_stall.store(&record);
    struct sigaction action {};
    action.sa_sigaction = on_stall;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    ::sigemptyset(&action.sa_mask);
    if (::sigaction(stall_signal(), &action, nullptr) == 0) __atomic_store_n(&record.answers, 1, __ATOMIC_RELEASE);
}

void note_modules(CrashRecord &record)
{
    record.modules = 0;
    ::dl_iterate_phdr(note, &record);
}

} // namespace hawser::host
