// Twisted's hello with a form: GET shows it, POST greets.
#include "hawser/http_router.hpp"

struct Form {
    hawser::http::Router<Form> router{*this};
    Form()
    {
        router.get("/", &Form::show);
        router.post("/", &Form::greet);
    }
    static hawser::http::Response page(const std::string &body)
    {
        return {.type = "text/html; charset=utf-8", .body = "<!doctype html><title>Hello</title>" + body};
    }
    hawser::http::Response show(hawser::http::Request)
    {
        return page("<form method=post><input name=name required><button>Greet</button></form>");
    }
    hawser::Task<hawser::http::Response> greet(hawser::http::Call &call)
    {
        const auto form = hawser::http::form_of(call.request(), co_await call.body());
        co_return page("<p>Hello, " + hawser::http::html_escaped(form.require<std::string>("name")) + "!</p>");
    }
};
HAWSER_PLUGIN(hawser::http::routed<Form>("classic_form"))
