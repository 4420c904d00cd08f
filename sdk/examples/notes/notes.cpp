// The resource `notes`: a REST API on hawser.sql/1, and a page that uses it. What was answered with success is on the
// disk.
#include "page.hpp"

#include "hawser/adapters/boost_json.hpp"
#include "hawser/http_router.hpp"
#include "hawser/sql.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <string>

namespace {

namespace json = boost::json;
using hawser::Row;
using hawser::Rows;
using hawser::Task;
using hawser::http::Call;
using hawser::http::Problem;
using hawser::http::Request;
using hawser::http::Response;

constexpr std::size_t kLongest = 10'000; // bytes of a note

json::object note_of(const Row &row)
{
    return {{"id", row.integer("id")},
            {"text", row.text("text")},
            {"version", row.integer("version")},
            {"changed", row.text("changed")}};
}

std::string tag_of(std::int64_t version) { return "\"" + std::to_string(version) + "\""; }

Response answer(const Row &row, std::uint32_t status)
{
    Response response = hawser::http::json_response(note_of(row), status);
    response.fields.emplace_back("ETag", tag_of(row.integer("version")));
    return response;
}

// The text of the note in a body like {"text": "…"}. All that is wrong is said at once.
std::string text_of(const Request &request, const std::string &body)
{
    const json::value value = hawser::http::json_of(request, body);
    json::array errors;
    const auto wrong = [&errors](const std::string &pointer, const std::string &detail) {
        errors.push_back(json::object{{"pointer", pointer}, {"detail", detail}});
    };
    const json::object *object = value.if_object();
    const json::value *text = object != nullptr ? object->if_contains("text") : nullptr;
    if (object == nullptr)
        wrong("#", "expected an object");
    else if (text == nullptr || !text->is_string())
        wrong("#/text", "expected a text");
    else if (text->as_string().empty() || text->as_string().size() > kLongest)
        wrong("#/text", "expected 1 to " + std::to_string(kLongest) + " bytes");
    if (object != nullptr) {
        for (const auto &member : *object)
            if (member.key() != "text") wrong("#/" + std::string(member.key()), "expected no such member");
    }
    if (!errors.empty()) throw Problem(422, "the note cannot be kept").with("errors", json::serialize(errors));
    return std::string(text->as_string());
}

class Notes {
public:
    hawser::http::Router<Notes> router{*this};

    explicit Notes(hawser::Node node)
        : db_(node.option("database"))
        , page_size_(node.option("page_size").integer())
    {
        router.get("/", &Notes::page);
        router.get("/notes", &Notes::list);
        router.post("/notes", &Notes::create);
        router.get("/notes/{id}", &Notes::read);
        router.put("/notes/{id}", &Notes::change);
        router.del("/notes/{id}", &Notes::remove);
    }

    Response page(Request)
    {
        Response response{200, "text/html; charset=utf-8", std::string(notes_page()), {}};
        response.fields.emplace_back("Content-Security-Policy", "default-src 'self' 'unsafe-inline'");
        return response;
    }
    // Newest first; `before` the id of the last that the client has.
    Task<Response> list(Call &call)
    {
        const auto query = hawser::http::query_of(call.request());
        const auto limit = query.get<std::int64_t>("limit", page_size_);
        if (limit < 1 || limit > page_size_) throw Problem(400, "limit: expected 1 to " + std::to_string(page_size_));
        const auto before = query.get<std::int64_t>("before", INT64_MAX);
        const Rows rows =
            co_await db_.query("SELECT id, text, version, changed FROM notes WHERE id < ? ORDER BY id DESC "
                               "LIMIT ?",
                               before, limit + 1);
        json::array notes;
        for (const Row &row : rows)
            if (std::cmp_less(notes.size(), limit)) notes.push_back(note_of(row));
        json::object body{{"notes", std::move(notes)}};
        if (std::cmp_greater(rows.size(), limit))
            body["next"] = "notes?limit=" + std::to_string(limit) +
                           "&before=" + std::to_string(rows[static_cast<std::size_t>(limit) - 1].integer("id"));
        co_return hawser::http::json_response(body);
    }
    Task<Response> create(Call &call)
    {
        const std::string text = text_of(call.request(), co_await call.body(4 * kLongest));
        const Rows rows =
            co_await db_.query("INSERT INTO notes (text) VALUES (?) RETURNING id, text, version, changed", text);
        Response response = answer(rows[0], 201);
        response.fields.emplace_back("Location", "notes/" + std::to_string(rows[0].integer("id")));
        co_return response;
    }
    Task<Response> read(Call &call, std::int64_t id)
    {
        const Rows rows = co_await db_.query("SELECT id, text, version, changed FROM notes WHERE id = ?", id);
        if (rows.empty()) throw Problem(404, "there is no such note");
        Response response = answer(rows[0], 200);
        if (call.request().field("if-none-match") == tag_of(rows[0].integer("version"))) {
            response.status = 304;
            response.type.clear();
            response.body.clear();
        }
        co_return response;
    }
    // With If-Match only if nobody else has changed it since.
    Task<Response> change(Call &call, std::int64_t id)
    {
        const std::string text = text_of(call.request(), co_await call.body(4 * kLongest));
        const std::string wanted(call.request().field("if-match"));
        co_return co_await db_.transaction([&](hawser::Sql::Session &in) -> Task<Response> {
            co_await expect_version(in, id, wanted);
            const Rows rows = co_await in.query("UPDATE notes SET text = ?, version = version + 1, "
                                                "changed = strftime('%Y-%m-%dT%H:%M:%SZ') WHERE id = ? "
                                                "RETURNING id, text, version, changed",
                                                text, id);
            co_return answer(rows[0], 200);
        });
    }
    Task<Response> remove(Call &call, std::int64_t id)
    {
        const std::string wanted(call.request().field("if-match"));
        co_await db_.transaction([&](hawser::Sql::Session &in) -> Task<> {
            co_await expect_version(in, id, wanted);
            co_await in.query("DELETE FROM notes WHERE id = ?", id);
        });
        co_return Response{204, "", "", {}};
    }

private:
    static Task<> expect_version(hawser::Sql::Session &in, std::int64_t id, std::string wanted)
    {
        const Rows rows = co_await in.query("SELECT version FROM notes WHERE id = ?", id);
        if (rows.empty()) throw Problem(404, "there is no such note");
        const std::string tag = tag_of(rows[0].integer("version"));
        if (!wanted.empty() && wanted != "*" && wanted != tag)
            throw Problem(412, "somebody else has changed the note").field("ETag", tag);
    }
    hawser::Sql db_;
    std::int64_t page_size_;
};

} // namespace

HAWSER_PLUGIN(hawser::http::routed<Notes>("notes"))
