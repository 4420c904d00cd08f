// What the engine costs without a kernel: a fake connection, a resource in C, the plugin's own tables. Prints
// nanoseconds a request, the least of some runs; `engine_bench NAME COUNT [json|combined]` runs one workload COUNT
// times, for callgrind, with an access log or without.
#include "hawser/http.h"
#include "hawser/records.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

extern "C" const hawser_plugin *hawser_plugin_v1(const hawser_host *, hawser_error *);

namespace {

hawser_str str(std::string_view text) { return {text.data(), text.size()}; }

// Copies what has no release, as the host's stage does.
struct Conn : hawser_conn {
    Conn()
        : hawser_conn{&kApi}
    {}
    char stage[1 << 16];
    std::size_t used = 0;
    std::uint64_t sent = 0;

    static std::int32_t write(hawser_conn *c, const hawser_piece *pieces, std::size_t count) noexcept
    {
        auto *self = static_cast<Conn *>(c);
        for (std::size_t i = 0; i < count; ++i) {
            self->sent += pieces[i].n;
            if (pieces[i].release != nullptr) {
                pieces[i].release(pieces[i].ctx);
                continue;
            }
            if (self->used + pieces[i].n > sizeof self->stage) self->used = 0;
            std::memcpy(self->stage + self->used, pieces[i].p, pieces[i].n);
            self->used += pieces[i].n;
        }
        return HAWSER_OK;
    }
    static std::int32_t send_file(hawser_conn *, std::intptr_t, std::uint64_t, std::uint64_t, void (*release)(void *),
                                  void *ctx) noexcept
    {
        if (release != nullptr) release(ctx);
        return HAWSER_OK;
    }
    static void pause(hawser_conn *, std::int32_t) noexcept {}
    static void set_timer(hawser_conn *, std::uint64_t) noexcept {}
    static void close(hawser_conn *, std::uint32_t) noexcept { std::abort(); }
    static void attach(hawser_conn *, const hawser_session *, void *) noexcept {}
    static std::int32_t address(hawser_conn *, std::uint32_t, hawser_address *) noexcept { return HAWSER_NOT_FOUND; }
    static std::int32_t tls(hawser_conn *, hawser_tls *) noexcept { return HAWSER_NOT_FOUND; }
    static std::uint64_t queued(hawser_conn *) noexcept { return 0; }
    static const hawser_conn_api kApi;
};
const hawser_conn_api Conn::kApi = {
    sizeof(hawser_conn_api), 0, write, send_file, pause, set_timer, close, attach, address, tls, queued};

constexpr hawser_field kType = {{"Content-Type", 12}, {"text/plain; charset=utf-8", 25}};
const hawser_piece kBody = {"Hello, world!", 13, [](void *) {}, nullptr};

void text(void *, hawser_http_exchange *e, const hawser_http_request *) noexcept
{
    e->api->respond(e, 200, &kType, 1, &kBody, 1);
}

constexpr hawser_http_handler kHandler = {sizeof(hawser_http_handler), 0, nullptr, nullptr, nullptr, nullptr};
hawser_http_exchange *waiting = nullptr;

void later(void *, hawser_http_exchange *e, const hawser_http_request *) noexcept
{
    waiting = e;
    if (e->api->attach(e, &kHandler, nullptr) == nullptr) std::abort();
}

std::uint64_t found = 0;

void lookups(void *, hawser_http_exchange *e, const hawser_http_request *r) noexcept
{
    found += hawser_http_find(r, "host", 4) != nullptr;
    found += hawser_http_find(r, "cookie", 6) != nullptr;
    found += hawser_http_find(r, "accept", 6) != nullptr;
    found += hawser_http_find(r, "if-none-match", 13) != nullptr;
    found += hawser_http_find(r, "range", 5) != nullptr;
    e->api->respond(e, 200, &kType, 1, &kBody, 1);
}

// A host with an access log that takes lines, if it has one.
std::uint32_t access_format = 0;
char line_of_access[HAWSER_RECORD_MAX];
const hawser_records kRecords = {
    sizeof(hawser_records), 0,
    [](hawser_loop *, const hawser_node *, const char *, std::uint32_t *format) -> hawser_stream * {
        *format = access_format;
        return access_format != 0 ? reinterpret_cast<hawser_stream *>(line_of_access) : nullptr;
    },
    [](hawser_stream *, hawser_str line) -> std::int32_t {
        std::memcpy(line_of_access, line.p, line.n);
        return HAWSER_OK;
    },
    [](hawser_loop *loop) { return loop->now; }};
const hawser_host kHost = {sizeof(hawser_host),
                           0,
                           [](const hawser_host *, const char *) -> const void * { return &kRecords; },
                           nullptr,
                           nullptr,
                           nullptr};

class Engine {
public:
    Engine()
    {
        add("max_header", 16384);
        add("max_fields", 100);
        add("max_target", 8192);
        add("max_body", 1 << 20);
        add("header_timeout", 10'000'000'000);
        add("body_timeout", 10'000'000'000);
        add("keep_alive", 60'000'000'000);
        add("write_timeout", 30'000'000'000);
        add("max_requests", 0);
        hawser_value server{};
        server.key = str("server");
        server.type = HAWSER_STRING;
        server.as.string = str("hawser");
        options_.push_back(server);
        route("/", text);
        route("=/later", later);
        route("=/lookups", lookups);
        hawser_value routes{};
        routes.key = str("routes");
        routes.type = HAWSER_TABLE;
        routes.count = static_cast<std::uint32_t>(routes_.size());
        routes.as.items = routes_.data();
        options_.push_back(routes);
        table_.type = HAWSER_TABLE;
        table_.count = static_cast<std::uint32_t>(options_.size());
        table_.as.items = options_.data();
        node_.struct_size = sizeof node_;
        node_.options = &table_;
        node_.host = &kHost;
        loop_.now = 1'000'000'000;
        loop_.wall = 784'111'777'000'000'000;
        hawser_error error{};
        error.struct_size = sizeof error;
        const hawser_plugin *plugin = hawser_plugin_v1(nullptr, &error);
        protocol_ = reinterpret_cast<const hawser_protocol *>(plugin->kinds[0]);
        self_ = protocol_->kind.create(&loop_, &node_, &error);
        if (self_ == nullptr) std::abort();
        session_ = protocol_->open(self_, &conn, {nullptr, 0});
    }
    void feed(std::string_view bytes)
    {
        if (protocol_->session->on_data(session_, {bytes.data(), bytes.size()}) != bytes.size()) std::abort();
    }
    Conn conn;

private:
    void add(const char *name, std::int64_t number)
    {
        hawser_value value{};
        value.key = str(name);
        value.type = HAWSER_INTEGER;
        value.as.integer = number;
        options_.push_back(value);
    }
    void route(const char *pattern, decltype(hawser_http_resource::on_request) serve)
    {
        auto *resource = new hawser_http_resource{};
        resource->on_request = serve;
        auto *object = new hawser_object{};
        object->api = resource;
        object->tag = 7;
        hawser_value value{};
        value.key = str(pattern);
        value.type = HAWSER_OBJECT;
        value.as.object = object;
        routes_.push_back(value);
    }
    std::vector<hawser_value> options_, routes_;
    hawser_value table_{};
    hawser_node node_{};
    hawser_loop loop_{};
    const hawser_protocol *protocol_;
    void *self_, *session_;
};

std::string browser(const char *target)
{
    return std::string("GET ") + target +
           " HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: keep-alive\r\n"
           "sec-ch-ua: \"Chromium\";v=\"130\", \"Not?A_Brand\";v=\"99\"\r\nsec-ch-ua-mobile: ?0\r\n"
           "Upgrade-Insecure-Requests: 1\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 "
           "(KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36\r\nAccept: text/html,application/xhtml+xml,"
           "application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\nAccept-Encoding: gzip, deflate, br\r\n"
           "Accept-Language: en-GB,en;q=0.9\r\nCookie: session=0123456789abcdef012345\r\n\r\n";
}

struct Workload {
    const char *name;
    std::string bytes;
    int requests;
    bool answers_later;
};

void repeat(Engine &engine, const Workload &load, int count)
{
    for (int i = 0; i < count; ++i) {
        engine.feed(load.bytes);
        if (load.answers_later) waiting->api->respond(waiting, 200, &kType, 1, &kBody, 1);
    }
}

} // namespace

int main(int argc, char **argv)
{
    const std::string small = "GET / HTTP/1.1\r\nHost: localhost:80\r\n\r\n";
    std::string sixteen;
    for (int i = 0; i < 16; ++i) sixteen += small;
    const Workload loads[] = {{"small", small, 1, false},
                              {"browser", browser("/"), 1, false},
                              {"pipelined", sixteen, 16, false},
                              {"small-later", "GET /later HTTP/1.1\r\nHost: a:80\r\n\r\n", 1, true},
                              {"browser-later", browser("/later"), 1, true},
                              {"browser-lookups", browser("/lookups"), 1, false}};
    if (argc == 4) access_format = argv[3] == std::string_view("json") ? HAWSER_RECORDS_JSON : HAWSER_RECORDS_COMBINED;
    Engine engine;
    if (argc >= 3) {
        for (const Workload &load : loads) {
            if (std::string_view(argv[1]) == load.name) repeat(engine, load, std::atoi(argv[2]));
        }
        return 0;
    }
    constexpr int kCount = 20'000, kRuns = 27;
    for (const Workload &load : loads) {
        double least = 1e9;
        for (int run = 0; run < kRuns; ++run) {
            const auto start = std::chrono::steady_clock::now();
            repeat(engine, load, kCount);
            const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
            least = std::min(least, took.count() / kCount / load.requests);
        }
        std::printf("%-16s %4zu bytes %7.1f ns\n", load.name,
                    load.bytes.size() / static_cast<std::size_t>(load.requests), least);
    }
}
