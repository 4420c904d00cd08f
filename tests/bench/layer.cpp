// What the C++ layer of the SDK costs, in one process and without a network: an await beside a callback, on the least
// loop that there can be and on the host's own; lines out of memory; a query beside the same call on SQLite and a hop
// to a pool. Prints "name best median" lines in nanoseconds, or bytes a second; scripts/bench (row "layer") makes the
// table.
#include "counted_new.hpp"
#include "least_loop.hpp"

#include "bridge/host_face.hpp"
#include "bridge/loop_face.hpp"

#include "hawser/lines.hpp"
#include "hawser/scope.hpp"
#include "hawser/sql.hpp"
#include "hawser/testing/library.hpp"
#include "hawser/testing/options.hpp"
#include "hawser/wait.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

using hawser::bench::allocations;
using hawser::bench::Least;

double nanoseconds_since(std::chrono::steady_clock::time_point began)
{
    return static_cast<double>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - began).count());
}

hawser_node node_of(const Least &loop, const hawser_value *options)
{
    hawser_node node{};
    node.struct_size = sizeof node;
    node.tag = 1;
    node.host = loop.host();
    node.options = options;
    node.name = {"service.bench", 13};
    return node;
}

// Best and median of several rounds of what `once` says.
class Row {
public:
    explicit Row(const char *name)
        : name_(name)
    {}
    void add(double figure) { figures_.push_back(figure); }
    void print(bool most = false)
    {
        std::sort(figures_.begin(), figures_.end());
        std::printf("%s %.3f %.3f\n", name_, most ? figures_.back() : figures_.front(), figures_[figures_.size() / 2]);
    }

private:
    const char *name_;
    std::vector<double> figures_;
};

struct Chain {
    hawser_op op{next, {}};
    hawser_loop *loop = nullptr;
    std::uint64_t left = 0;
    std::function<void()> over = [] {};
    static void next(hawser_op *op, std::int64_t)
    {
        auto *chain = reinterpret_cast<Chain *>(op);
        if (--chain->left > 0)
            chain->loop->api->timer(chain->loop, 0, op);
        else
            chain->over();
    }
};

hawser::Task<> await_many(std::uint64_t count)
{
    for (; count > 0; --count) co_await hawser::yield();
}

void measure_awaits(int rounds)
{
    constexpr std::uint64_t kMany = 2'000'000;
    Least loop;
    const hawser_value none{{nullptr, 0}, HAWSER_TABLE, 0, {}};
    const hawser_node raw = node_of(loop, &none);
    const hawser::Node node(&loop, &raw);
    Row callback("callback"), await("await"), allocated("await_allocations");
    for (int round = 0; round < rounds; ++round) {
        Chain chain;
        chain.loop = &loop;
        chain.left = kMany;
        auto began = std::chrono::steady_clock::now();
        loop.api->timer(&loop, 0, &chain.op);
        loop.run();
        callback.add(nanoseconds_since(began) / kMany);

        hawser::Scope scope(node);
        scope.spawn(await_many(1000)); // the pool of frames has one now
        loop.run();
        const std::uint64_t before = allocations;
        began = std::chrono::steady_clock::now();
        scope.spawn(await_many(kMany));
        loop.run();
        await.add(nanoseconds_since(began) / kMany);
        allocated.add(static_cast<double>(allocations - before) / kMany);
    }
    callback.print();
    await.print();
    allocated.print();
}

// A loop of the host's with what plugins see of it, on the calling thread.
class HostLoop {
public:
    void run(const std::function<void()> &begin)
    {
        loop_.submit(begin);
        loop_.run();
    }
    void stop() { loop_.stop(); }
    hawser_loop *abi() { return abi_; }
    const hawser_host *host() const { return host_.abi(); }

private:
    alignas(64) unsigned char memory_[hawser::host::LoopFace::kMemory]{};
    hawser_loop *abi_ = hawser::host::LoopFace::place(memory_, 0);
    hawser::host::LoopCounters counters_;
    hawser::host::Log log_{hawser::host::LogSettings{hawser::host::Level::Error, hawser::host::LogFormat::Text, 2}};
    hawser::host::OffloadPool pool_{1, 64};
    hawser::host::HostFace host_{log_, pool_};
    hawser::host::Loop loop_{0, abi_->now, abi_->wall, counters_};
    hawser::host::LoopFace face_{host_, loop_, abi_};
};

hawser::Task<> await_and_stop(std::uint64_t count, HostLoop &loop)
{
    co_await await_many(count);
    loop.stop();
}

void measure_awaits_on_the_host(int rounds)
{
    constexpr std::uint64_t kMany = 300'000;
    const hawser_value none{{nullptr, 0}, HAWSER_TABLE, 0, {}};
    Row callback("host_callback"), await("host_await");
    for (int round = 0; round < rounds; ++round) {
        {
            HostLoop loop;
            Chain chain;
            chain.loop = loop.abi();
            chain.left = kMany;
            chain.over = [&] { loop.stop(); };
            const auto began = std::chrono::steady_clock::now();
            loop.run([&] { loop.abi()->api->timer(loop.abi(), 0, &chain.op); });
            callback.add(nanoseconds_since(began) / kMany);
        }
        HostLoop loop;
        hawser_node raw{};
        raw.struct_size = sizeof raw;
        raw.host = loop.host();
        raw.options = &none;
        hawser::Scope scope(hawser::Node(loop.abi(), &raw));
        const auto began = std::chrono::steady_clock::now();
        loop.run([&] { scope.spawn(await_and_stop(kMany, loop)); });
        await.add(nanoseconds_since(began) / kMany);
    }
    callback.print();
    await.print();
}

struct Lines : hawser::LineReceiver<Lines> {
    using LineReceiver::LineReceiver;
    void line(std::string_view text) { bytes += text.size(); }
    std::size_t bytes = 0;
};

void measure_lines(int rounds)
{
    static constexpr hawser_conn_api kNothing{};
    hawser_conn conn{&kNothing};
    std::string input;
    while (input.size() + 64 <= 65536) input += std::string(62, 'x') + "\r\n";
    Row row("lines_bytes_per_second");
    for (int round = 0; round < rounds; ++round) {
        Lines lines{hawser::Connection(&conn)};
        constexpr int kTimes = 5000;
        const auto began = std::chrono::steady_clock::now();
        for (int i = 0; i < kTimes; ++i) lines.data(input);
        row.add(static_cast<double>(input.size()) * kTimes / nanoseconds_since(began) * 1e9);
        if (lines.bytes == 0) std::abort();
    }
    row.print(true);
}

// The same statement, bound and stepped, on a connection of one's own.
double ask_directly(sqlite3 *db, int count)
{
    sqlite3_stmt *statement = nullptr;
    sqlite3_prepare_v2(db, "SELECT text FROM notes WHERE id = ?", -1, &statement, nullptr);
    std::size_t bytes = 0;
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < count; ++i) {
        sqlite3_bind_int(statement, 1, i % 100 + 1);
        if (sqlite3_step(statement) == SQLITE_ROW)
            bytes += std::string(reinterpret_cast<const char *>(sqlite3_column_text(statement, 0))).size();
        sqlite3_reset(statement);
    }
    const double time = nanoseconds_since(began) / count;
    sqlite3_finalize(statement);
    if (bytes == 0) std::abort();
    return time;
}

hawser::Task<> ask_many(hawser::Sql &db, int count, std::size_t &bytes)
{
    for (int i = 0; i < count; ++i) {
        const auto rows = co_await db.query("SELECT text FROM notes WHERE id = ?", i % 100 + 1);
        bytes += rows[0].text("text").size();
    }
}

hawser::Task<> hop_many(int count)
{
    const auto nothing = [] {};
    for (; count > 0; --count) co_await hawser::offload(nothing);
}

void measure_sql(int rounds, const std::string &library)
{
    constexpr int kMany = 20'000;
    Least loop;
    char folder[] = "/tmp/hawser-bench-XXXXXX";
    if (::mkdtemp(folder) == nullptr) std::abort();
    const std::string path = std::string(folder) + "/db";
    using hawser::testing::Option;
    const hawser::testing::OptionTable options(hawser::testing::Options{
        {"path", Option::path(path)},
        {"connections", 2},
        {"queue", 100},
        {"timeout", std::chrono::seconds(5)},
        {"rows", 100},
        {"init", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
                 "SELECT i + 1 FROM n WHERE i < 100) INSERT INTO notes SELECT i, 'the text of note ' || i FROM n"}});
    const hawser_node raw = node_of(loop, options.raw());
    const auto *service = reinterpret_cast<const hawser_service *>(hawser::testing::Library(library).kind("sqlite"));
    hawser_error error{};
    error.struct_size = sizeof error;
    void *self = service->kind.create(&loop, &raw, &error);
    if (self == nullptr || service->start(self, nullptr, &error) != HAWSER_OK) {
        std::fprintf(stderr, "sqlite: %s\n", error.text);
        std::exit(1);
    }
    hawser_object object{service->kind.get_interface(self, HAWSER_SQL), self, nullptr, {nullptr, 0}, 1, 0};
    hawser_value value{{nullptr, 0}, HAWSER_OBJECT, 0, {}};
    value.as.object = &object;
    sqlite3 *direct = nullptr;
    sqlite3_open(path.c_str(), &direct);
    Row directly("sqlite_direct"), hop("hop"), query("sql_query");
    {
        hawser::Sql db{hawser::Value(&value)};
        hawser::Scope scope(hawser::Node(&loop, &raw));
        std::size_t bytes = 0;
        for (int round = 0; round < rounds; ++round) {
            directly.add(ask_directly(direct, kMany));
            auto began = std::chrono::steady_clock::now();
            scope.spawn(hop_many(kMany));
            loop.run();
            hop.add(nanoseconds_since(began) / kMany);
            began = std::chrono::steady_clock::now();
            scope.spawn(ask_many(db, kMany, bytes));
            loop.run();
            query.add(nanoseconds_since(began) / kMany);
        }
        if (bytes == 0) std::abort();
    }
    directly.print();
    hop.print();
    query.print();
    sqlite3_close(direct);
    hawser_op op{};
    service->stop(self, &op);
    service->kind.destroy(self);
    const std::string clean = "rm -r " + std::string(folder);
    if (std::system(clean.c_str()) != 0) std::fprintf(stderr, "%s failed\n", clean.c_str());
}

} // namespace

// layer ROUNDS SQLITE.so
int main(int count, char **words)
{
    const int rounds = count > 1 ? std::atoi(words[1]) : 5;
    measure_awaits(rounds);
    measure_awaits_on_the_host(rounds);
    measure_lines(rounds);
    if (count > 2) measure_sql(rounds, words[2]);
    return 0;
}
