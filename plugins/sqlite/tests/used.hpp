// The service `sqlite`, started in the test's process, and who uses it.
#pragma once

#include "hawser/combine.hpp"
#include "hawser/deferred_tools.hpp"
#include "hawser/sql.hpp"
#include "hawser/testing.hpp"
#include "test_database.hpp"

#include <chrono>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hawser::test {

using hawser::testing::Host;
using hawser::testing::Instance;
using hawser::testing::Option;
using hawser::testing::Options;
using namespace std::chrono_literals;

class Sqlite : public ::testing::Test {
protected:
    Options options(std::int64_t connections = 2) const
    {
        return {{"path", Option::path(directory_.path() + "/data.db")},
                {"init", "CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)"},
                {"connections", connections},
                {"queue", 50},
                {"rows", 1000},
                {"timeout", 500ms}};
    }
    static const hawser_kind *kind() { return hawser::testing::sqlite_kind(); }
    static std::int32_t status_of(const std::exception_ptr &thrown)
    {
        try {
            std::rethrow_exception(thrown);
        } catch (const SqlError &error) {
            return error.status();
        }
    }
    hawser::testing::Directory directory_;
};

// One that is started, and who uses it.
struct Used {
    Host host;
    Instance service;
    hawser_object object{};
    Instance *user = nullptr;
    hawser::Node node;
    Scope scope;
    Sql db;
    Used(const hawser_kind *kind, Options options)
        : service(host, kind, std::move(options))
        , node(node_of())
        , scope(node)
        , db(node.option("database"))
    {
        service.start();
    }
    hawser::Node node_of()
    {
        object = hawser::testing::database_object(service);
        return host.node("user", {{"database", &object}});
    }
    // The result of a task that is run to its end.
    template<typename T>
    T wait(Task<T> task)
    {
        std::optional<hawser::detail::Kept<T>> value;
        std::exception_ptr thrown;
        hawser::defer(scope, std::move(task)).add_both([&](hawser::Outcome<T> outcome) {
            thrown = outcome.thrown;
            if (!thrown) value.emplace(std::move(*outcome.value));
        });
        while (!value && !thrown && (host.loop().step() || host.loop().jump())) {}
        if (thrown) std::rethrow_exception(thrown);
        if constexpr (!std::is_void_v<T>) return std::move(*value);
    }
    std::int64_t count() { return wait(db.query("SELECT count(*) FROM notes"))[0].integer(0); }
};

} // namespace hawser::test
