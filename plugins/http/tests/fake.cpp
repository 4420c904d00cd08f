#include "fake.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

extern "C" const hawser_plugin *hawser_plugin_v1(const hawser_host *, hawser_error *);

namespace http_engine::test {
namespace {

FakeConn &of(hawser_conn *conn) { return *static_cast<FakeConn *>(conn); }

std::int32_t write(hawser_conn *c, const hawser_piece *pieces, std::size_t count) noexcept
{
    FakeConn &self = of(c);
    std::string all;
    for (std::size_t i = 0; i < count; ++i) {
        if (!self.quiet) all.append(pieces[i].p, pieces[i].n);
        if (pieces[i].release != nullptr) pieces[i].release(pieces[i].ctx);
    }
    if (self.quiet) return HAWSER_OK;
    if (self.closed != 0) return HAWSER_CLOSED;
    self.output += all;
    self.writes.push_back(std::move(all));
    return self.write_result;
}

std::int32_t send_file(hawser_conn *c, std::intptr_t, std::uint64_t offset, std::uint64_t length,
                       void (*release)(void *), void *ctx) noexcept
{
    of(c).output += "<file " + std::to_string(offset) + "+" + std::to_string(length) + ">";
    if (release != nullptr) release(ctx);
    return of(c).write_result;
}

void pause(hawser_conn *c, std::int32_t paused) noexcept
{
    of(c).paused = paused;
    of(c).pauses += paused;
}
void set_timer(hawser_conn *c, std::uint64_t at) noexcept { of(c).timer = at; }
void close(hawser_conn *c, std::uint32_t how) noexcept { of(c).closed = how; }
void attach(hawser_conn *c, const hawser_session *session, void *self) noexcept
{
    of(c).attached = session;
    of(c).attached_self = self;
}
std::int32_t address(hawser_conn *c, std::uint32_t which, hawser_address *to) noexcept
{
    if (which != HAWSER_PEER || of(c).peer.text[0] == '\0') return HAWSER_NOT_FOUND;
    *to = of(c).peer;
    to->struct_size = sizeof *to;
    return HAWSER_OK;
}
std::int32_t tls(hawser_conn *c, hawser_tls *) noexcept { return of(c).tls_on ? HAWSER_OK : HAWSER_NOT_FOUND; }
std::uint64_t queued(hawser_conn *c) noexcept { return of(c).queued_bytes; }

} // namespace

const hawser_conn_api FakeConn::kApi = {
    sizeof(hawser_conn_api), 0, write, send_file, pause, set_timer, close, attach, address, tls, queued,
};

FakeConn::FakeConn()
    : hawser_conn{&kApi}
{}

Rig::Host::Host()
    : hawser_host{}
{
    struct_size = sizeof(hawser_host);
    get_interface = [](const hawser_host *, const char *id) -> const void * {
        return std::string_view(id) == HAWSER_RECORDS ? &kRecords : nullptr;
    };
    hawser_host::log = [](const hawser_node *node, std::uint32_t, hawser_str event, const hawser_field *fields,
                          std::size_t count) {
        std::string &into = const_cast<Host *>(static_cast<const Host *>(node->host))->told;
        into += text(event);
        for (std::size_t i = 0; i < count; ++i) (into += ' ') += text(fields[i].value);
        into += ';';
    };
}

// The stream is the host; its clock is 1500 ns ahead of the loop's.
const hawser_records Rig::Host::kRecords = {
    sizeof(hawser_records), 0,
    [](hawser_loop *, const hawser_node *node, const char *name, std::uint32_t *wanted) -> hawser_stream * {
        auto *self = const_cast<Host *>(static_cast<const Host *>(node->host));
        *wanted = self->format;
        if (self->format == 0 || std::string_view(name) != "access") return nullptr;
        return reinterpret_cast<hawser_stream *>(self);
    },
    [](hawser_stream *stream, hawser_str line) {
        reinterpret_cast<Host *>(stream)->lines += text(line);
        return HAWSER_OK;
    },
    [](hawser_loop *on) { return on->now + 1500; }};

Rig::Rig()
    : numbers_{{"max_header", 16384},  {"max_fields", 100},        {"max_target", 8192},
               {"max_body", 1 << 20},  {"header_timeout", 10'000}, {"body_timeout", 20'000},
               {"keep_alive", 60'000}, {"write_timeout", 30'000},  {"max_requests", 10'000}}
{
    loop.now = 1'000'000'000;
    loop.wall = 784'111'777'000'000'000; // Sun, 06 Nov 1994 08:49:37 GMT
}

Rig::~Rig()
{
    if (conn.attached == nullptr) lose(HAWSER_CLOSED);
    if (instance_ != nullptr) protocol_->kind.destroy(instance_);
}

void Rig::route(const std::string &pattern, Answerer answer, std::int64_t own, const char *name)
{
    Target &target = targets_.emplace_back();
    target.pattern = pattern;
    target.answer = std::move(answer);
    target.table.on_request = [](void *self, hawser_http_exchange *e, const hawser_http_request *r) noexcept {
        static_cast<Target *>(self)->answer(e, r);
    };
    target.object.api = &target.table;
    target.object.self = &target;
    target.object.tag = 7;
    target.object.name = {"test.resource", 13};
    if (own < 0) return;
    target.own = {{name, std::strlen(name)}, HAWSER_SIZE, 0, {own}};
    target.with = {{}, HAWSER_TABLE, 1, {}};
    target.with.as.items = &target.own;
    target.object.with = &target.with;
}

bool Rig::create()
{
    for (const auto &[name, number] : numbers_)
        options_.push_back({{name.data(), name.size()}, HAWSER_INTEGER, 0, {number}});
    hawser_value server{{"server", 6}, HAWSER_STRING, 0, {}};
    server.as.string = {server_.data(), server_.size()};
    options_.push_back(server);
    for (const Target &target : targets_) {
        routes_.push_back({{target.pattern.data(), target.pattern.size()}, HAWSER_OBJECT, 0, {}});
        routes_.back().as.object = &target.object;
    }
    options_.push_back({{"routes", 6}, HAWSER_TABLE, static_cast<std::uint32_t>(routes_.size()), {}});
    options_.back().as.items = routes_.data();
    table_ = {{}, HAWSER_TABLE, static_cast<std::uint32_t>(options_.size()), {}};
    table_.as.items = options_.data();
    node_ = {sizeof node_, 1, &host_, &table_, {"listener.web", 12}, nullptr};
    error_.struct_size = sizeof error_;
    protocol_ = reinterpret_cast<const hawser_protocol *>(hawser_plugin_v1(nullptr, &error_)->kinds[0]);
    session_ = protocol_->session;
    instance_ = protocol_->kind.create(&loop, &node_, &error_);
    return instance_ != nullptr;
}

void Rig::open()
{
    if (instance_ == nullptr) create();
    self_ = protocol_->open(instance_, &conn, {nullptr, 0});
}

void Rig::lose(std::int32_t reason)
{
    if (void *session = std::exchange(self_, nullptr); session != nullptr) session_->on_close(session, reason, {});
}

void Rig::feed(std::string_view bytes)
{
    if (self_ == nullptr) open();
    left_ += bytes;
    deliver();
}

void Rig::deliver()
{
    while (!left_.empty() && conn.paused == 0 && is_open()) {
        // A copy of just these bytes, overwritten and freed after the call: no view may outlive it.
        auto bytes = std::make_unique<char[]>(left_.size());
        std::memcpy(bytes.get(), left_.data(), left_.size());
        const std::size_t used = data({bytes.get(), left_.size()});
        std::memset(bytes.get(), '#', left_.size());
        left_.erase(0, used);
        if (used == 0) break;
    }
}

void say(hawser_http_exchange *e, std::string_view body, std::uint32_t status)
{
    const hawser_piece piece{body.data(), body.size(), nullptr, nullptr};
    e->api->respond(e, status, nullptr, 0, &piece, 1);
}

std::string request(const std::string &line, const std::string &fields, const std::string &body)
{
    return line + "\r\nHost: a\r\n" + fields + "\r\n" + body;
}

std::string get(const std::string &path, const std::string &fields)
{
    return request("GET " + path + " HTTP/1.1", fields);
}

std::vector<std::string> bodies(std::string output)
{
    std::vector<std::string> all;
    for (std::size_t end; (end = output.find("\r\n\r\n")) != std::string::npos;) {
        const std::size_t at = output.find("Content-Length: ");
        const std::size_t n = at < end ? std::stoul(output.substr(at + 16)) : 0;
        all.push_back(output.substr(end + 4, n));
        output.erase(0, end + 4 + n);
    }
    return all;
}

std::string statuses(const std::string &output)
{
    std::string all;
    for (std::size_t at = 0; (at = output.find("HTTP/1.1 ", at)) != std::string::npos; at += 9)
        all += (all.empty() ? "" : " ") + output.substr(at + 9, 3);
    return all;
}

const hawser_http_handler Heard::kTable = {
    sizeof(hawser_http_handler),
    0,
    [](void *self, hawser_bytes data) { static_cast<Heard *>(self)->log += std::string(text(data)) + '|'; },
    [](void *self, const hawser_field *trailers, std::size_t count) {
        std::string &heard = static_cast<Heard *>(self)->log;
        for (std::size_t i = 0; i < count; ++i)
            heard += std::string(text(trailers[i].name)) + '=' + std::string(text(trailers[i].value)) + ' ';
        heard += "end;";
    },
    [](void *self) { static_cast<Heard *>(self)->log += "drained;"; },
    [](void *self, std::int32_t reason) {
        static_cast<Heard *>(self)->log += "close " + std::to_string(reason) + ';';
    }};

const hawser_http_handler Echo::kTable = {
    sizeof(hawser_http_handler),
    0,
    [](void *self, hawser_bytes data) { static_cast<Echo *>(self)->body_ += text(data); },
    [](void *self, const hawser_field *, std::size_t) {
        const std::unique_ptr<Echo> mine(static_cast<Echo *>(self));
        say(mine->exchange_, mine->body_);
    },
    nullptr,
    [](void *self, std::int32_t) { delete static_cast<Echo *>(self); }};

void Echo::attach(hawser_http_exchange *e, const hawser_http_request *r)
{
    auto *echo = new Echo(e);
    echo->body_ = text(r->body);
    if (e->api->attach(e, &kTable, echo) == nullptr) delete echo;
}

} // namespace http_engine::test
