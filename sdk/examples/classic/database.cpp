// Twisted's adbapi: a query that does not hold up the loop.
#include "hawser/http.hpp"
#include "hawser/http_call.hpp"
#include "hawser/http_form.hpp"
#include "hawser/sql.hpp"

struct Database {
    hawser::Node node;
    hawser::Sql db{node.option("database")};
    hawser::Task<std::string> get(hawser::http::Call &call)
    {
        const auto name = hawser::http::query_of(call.request()).get<std::string>("name", "ada");
        const auto rows = co_await db.query("SELECT year FROM people WHERE name = ?", name);
        if (rows.empty()) throw hawser::http::Problem(404, "nobody of this name");
        co_return name + " was born in " + std::to_string(rows[0].integer("year")) + "\n";
    }
};
HAWSER_PLUGIN(hawser::http::resource<Database>("classic_database"))
