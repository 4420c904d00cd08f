// The service `sqlite`: a database in a file behind the interface hawser.sql/1.
#include "database.hpp"
#include "request.hpp"

#include "hawser/hawser.hpp"
#include "hawser/sql.h"

#include <filesystem>
#include <memory>
#include <stdexcept>

namespace {

class Service {
public:
    explicit Service(hawser::Node node)
        : node_(node)
        , statistics_(node)
        , database_(settings_of(node), statistics_)
    {
        const auto directory = std::filesystem::path(database_.settings().path).parent_path();
        std::error_code error;
        if (!std::filesystem::is_directory(directory, error))
            throw hawser::Error("path", "expected a file in a directory that exists, got " + directory.string());
    }
    void start()
    {
        try {
            database_.open();
        } catch (const std::runtime_error &error) {
            const bool init = std::string_view(error.what()).starts_with("init: ");
            throw hawser::Error(init ? "init" : "path", error.what());
        }
    }
    void stop() { database_.close(); }
    const void *interface(std::string_view id) const { return id == HAWSER_SQL ? &kTable : nullptr; }

private:
    static sqlite::Settings settings_of(const hawser::Node &node)
    {
        sqlite::Settings settings;
        settings.path = node.option("path").path();
        settings.init = node.option("init").text();
        settings.connections = static_cast<std::size_t>(node.option("connections").integer());
        settings.queue = static_cast<std::size_t>(node.option("queue").integer());
        settings.rows = static_cast<std::uint64_t>(node.option("rows").integer());
        settings.timeout = node.option("timeout").duration();
        return settings;
    }
    static Service &of(void *self) { return hawser::interface_self<Service>(self); }
    static sqlite::Session *session_of(hawser_sql_session *session)
    {
        return reinterpret_cast<sqlite::Session *>(session);
    }
    static std::int32_t begin(void *self, hawser_loop *loop, sqlite::Request::Call call) noexcept
    {
        try {
            return sqlite::Request::begin(of(self).database_, of(self).node_.host(), loop, std::move(call));
        } catch (const std::exception &error) { // no memory
            hawser::detail::fill(&call.call->error, {}, error.what());
            return HAWSER_FAILED;
        }
    }
    static std::int32_t HAWSER_CALL run(void *self, hawser_loop *loop, hawser_sql_session *session,
                                        hawser_str statement, const hawser_sql_value *values, std::size_t count,
                                        std::uint32_t rows, hawser_sql_call *call) noexcept
    {
        if (call->op.host[0] != nullptr || statement.n == 0 || (rows > 0 && session == nullptr)) return HAWSER_INVALID;
        sqlite::Request::Call with{call, session_of(session), std::string(hawser::view(statement)), {}, rows};
        with.values.reserve(count);
        for (std::size_t i = 0; i < count; ++i) with.values.emplace_back(values[i]);
        return begin(self, loop, std::move(with));
    }
    static std::int32_t HAWSER_CALL fetch(void *self, hawser_loop *loop, hawser_sql_session *session,
                                          std::uint32_t rows, hawser_sql_call *call) noexcept
    {
        if (call->op.host[0] != nullptr || session == nullptr) return HAWSER_INVALID;
        return begin(self, loop, {call, session_of(session), {}, {}, rows});
    }
    static std::int32_t HAWSER_CALL open(void *self, hawser_loop *loop, hawser_sql_session **session,
                                         hawser_sql_call *call) noexcept
    {
        if (call->op.host[0] != nullptr) return HAWSER_INVALID;
        return begin(self, loop, {call, nullptr, {}, {}, 0, reinterpret_cast<sqlite::Session **>(session)});
    }
    static void HAWSER_CALL close(void *self, hawser_loop *loop, hawser_sql_session *session) noexcept
    {
        sqlite::Request::close(of(self).database_, loop, session_of(session));
    }
    static void HAWSER_CALL cancel(void *, hawser_loop *, hawser_sql_call *call) noexcept
    {
        sqlite::Request::cancel(call);
    }
    static void HAWSER_CALL release(void *, const hawser_sql_result *result) noexcept
    {
        delete static_cast<const sqlite::Result *>(result);
    }
    static constexpr hawser_sql kTable{sizeof(hawser_sql), 0, run, fetch, open, close, cancel, release};

    hawser::Node node_;
    sqlite::Statistics statistics_;
    sqlite::Database database_;
};

} // namespace

HAWSER_PLUGIN(hawser::service<Service>("sqlite"))
