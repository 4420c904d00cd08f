// The layout, the constants and the signatures of the boundary are those of abi.lock. A plugin built today loads for as
// long as the major version lives, so a line of the lock changes never; a new minor version adds lines.
//
// After adding a member or a constant: add its row below, run abi_test, and put the text that it prints into abi.lock.
#include "declarations.hpp"

#include "hawser/http.h"
#include "hawser/manifest.h"
#include "hawser/metrics.h"
#include "hawser/records.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace hawser::test {
namespace {

struct Row {
    const char *structure, *member;
    std::size_t offset, size;
};

#define W(structure)                                                                                                   \
    Row { #structure, "", 0, sizeof(structure) }
#define M(structure, member)                                                                                           \
    Row { #structure, #member, offsetof(structure, member), sizeof(structure::member) }

constexpr auto kRows = std::to_array<Row>({
    W(hawser_str),
    M(hawser_str, p),
    M(hawser_str, n),
    W(hawser_field),
    M(hawser_field, name),
    M(hawser_field, value),
    W(hawser_piece),
    M(hawser_piece, p),
    M(hawser_piece, n),
    M(hawser_piece, release),
    M(hawser_piece, ctx),
    W(hawser_error),
    M(hawser_error, struct_size),
    M(hawser_error, code),
    M(hawser_error, option),
    M(hawser_error, text),
    W(hawser_value),
    M(hawser_value, key),
    M(hawser_value, type),
    M(hawser_value, count),
    M(hawser_value, as),
    W(hawser_object),
    M(hawser_object, api),
    M(hawser_object, self),
    M(hawser_object, with),
    M(hawser_object, name),
    M(hawser_object, tag),
    M(hawser_object, reserved),
    W(hawser_node),
    M(hawser_node, struct_size),
    M(hawser_node, tag),
    M(hawser_node, host),
    M(hawser_node, options),
    M(hawser_node, name),
    M(hawser_node, shared),
    W(hawser_host),
    M(hawser_host, struct_size),
    M(hawser_host, abi_minor),
    M(hawser_host, get_interface),
    M(hawser_host, log),
    M(hawser_host, post),
    M(hawser_host, fail),
    W(hawser_op),
    M(hawser_op, complete),
    M(hawser_op, host),
    W(hawser_connect),
    M(hawser_connect, struct_size),
    M(hawser_connect, reserved),
    M(hawser_connect, timeout),
    M(hawser_connect, server_name),
    W(hawser_loop_api),
    M(hawser_loop_api, struct_size),
    M(hawser_loop_api, reserved),
    M(hawser_loop_api, timer),
    M(hawser_loop_api, cancel),
    M(hawser_loop_api, offload),
    M(hawser_loop_api, connect),
    M(hawser_loop_api, track),
    M(hawser_loop_api, untrack),
    W(hawser_loop),
    M(hawser_loop, api),
    M(hawser_loop, now),
    M(hawser_loop, wall),
    M(hawser_loop, crumb),
    M(hawser_loop, index),
    W(hawser_address),
    M(hawser_address, struct_size),
    M(hawser_address, family),
    M(hawser_address, port),
    M(hawser_address, ip),
    M(hawser_address, text),
    W(hawser_tls),
    M(hawser_tls, struct_size),
    M(hawser_tls, version),
    M(hawser_tls, cipher),
    M(hawser_tls, alpn),
    M(hawser_tls, server_name),
    M(hawser_tls, peer_certificate),
    W(hawser_conn_api),
    M(hawser_conn_api, struct_size),
    M(hawser_conn_api, reserved),
    M(hawser_conn_api, write),
    M(hawser_conn_api, send_file),
    M(hawser_conn_api, pause),
    M(hawser_conn_api, set_timer),
    M(hawser_conn_api, close),
    M(hawser_conn_api, attach),
    M(hawser_conn_api, address),
    M(hawser_conn_api, tls),
    M(hawser_conn_api, queued),
    W(hawser_conn),
    M(hawser_conn, api),
    W(hawser_session),
    M(hawser_session, struct_size),
    M(hawser_session, reserved),
    M(hawser_session, on_open),
    M(hawser_session, on_data),
    M(hawser_session, on_drained),
    M(hawser_session, on_eof),
    M(hawser_session, on_timer),
    M(hawser_session, on_drain),
    M(hawser_session, park),
    M(hawser_session, on_close),
    W(hawser_kind),
    M(hawser_kind, struct_size),
    M(hawser_kind, reserved),
    M(hawser_kind, role),
    M(hawser_kind, name),
    M(hawser_kind, share),
    M(hawser_kind, unshare),
    M(hawser_kind, create),
    M(hawser_kind, get_interface),
    M(hawser_kind, drain),
    M(hawser_kind, destroy),
    W(hawser_protocol),
    M(hawser_protocol, kind),
    M(hawser_protocol, session),
    M(hawser_protocol, open),
    W(hawser_service),
    M(hawser_service, kind),
    M(hawser_service, start),
    M(hawser_service, stop),
    W(hawser_plugin),
    M(hawser_plugin, struct_size),
    M(hawser_plugin, abi_minor),
    M(hawser_plugin, kinds),
    M(hawser_plugin, kind_count),
    W(hawser_http_request),
    M(hawser_http_request, struct_size),
    M(hawser_http_request, version),
    M(hawser_http_request, method),
    M(hawser_http_request, method_name),
    M(hawser_http_request, scheme),
    M(hawser_http_request, authority),
    M(hawser_http_request, target),
    M(hawser_http_request, path),
    M(hawser_http_request, query),
    M(hawser_http_request, rest),
    M(hawser_http_request, fields),
    M(hawser_http_request, field_count),
    M(hawser_http_request, body_length),
    M(hawser_http_request, body),
    M(hawser_http_request, conn),
    W(hawser_http_handler),
    M(hawser_http_handler, struct_size),
    M(hawser_http_handler, reserved),
    M(hawser_http_handler, on_body),
    M(hawser_http_handler, on_body_end),
    M(hawser_http_handler, on_drained),
    M(hawser_http_handler, on_close),
    W(hawser_http_exchange_api),
    M(hawser_http_exchange_api, struct_size),
    M(hawser_http_exchange_api, reserved),
    M(hawser_http_exchange_api, respond),
    M(hawser_http_exchange_api, begin),
    M(hawser_http_exchange_api, write),
    M(hawser_http_exchange_api, send_file),
    M(hawser_http_exchange_api, end),
    M(hawser_http_exchange_api, inform),
    M(hawser_http_exchange_api, attach),
    M(hawser_http_exchange_api, pause),
    M(hawser_http_exchange_api, upgrade),
    M(hawser_http_exchange_api, abort),
    W(hawser_http_exchange),
    M(hawser_http_exchange, api),
    W(hawser_http_resource),
    M(hawser_http_resource, kind),
    M(hawser_http_resource, on_request),
    W(hawser_metric_spec),
    M(hawser_metric_spec, struct_size),
    M(hawser_metric_spec, type),
    M(hawser_metric_spec, name),
    M(hawser_metric_spec, help),
    M(hawser_metric_spec, unit),
    M(hawser_metric_spec, labels),
    M(hawser_metric_spec, bounds),
    M(hawser_metric_spec, label_count),
    M(hawser_metric_spec, bound_count),
    M(hawser_metric_spec, scale),
    W(hawser_metric),
    M(hawser_metric, cells),
    M(hawser_metric, bounds),
    M(hawser_metric, bound_count),
    M(hawser_metric, reserved),
    W(hawser_metric_sample),
    M(hawser_metric_sample, struct_size),
    M(hawser_metric_sample, type),
    M(hawser_metric_sample, name),
    M(hawser_metric_sample, help),
    M(hawser_metric_sample, unit),
    M(hawser_metric_sample, labels),
    M(hawser_metric_sample, bounds),
    M(hawser_metric_sample, buckets),
    M(hawser_metric_sample, label_count),
    M(hawser_metric_sample, bound_count),
    M(hawser_metric_sample, value),
    W(hawser_metrics),
    M(hawser_metrics, struct_size),
    M(hawser_metrics, reserved),
    M(hawser_metrics, open),
    M(hawser_metrics, collect),
    W(hawser_records),
    M(hawser_records, struct_size),
    M(hawser_records, reserved),
    M(hawser_records, open),
    M(hawser_records, write),
    M(hawser_records, now),
});

std::string read(const std::string &path)
{
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

// "NAME value" for each object-like macro of a header, but for the guards and what depends on the compiler.
std::string constants(const std::string &header)
{
    std::string text = header;
    for (std::size_t at = 0; (at = text.find("\\\n", at)) != std::string::npos;) text.erase(at, 2);
    std::istringstream lines(text);
    std::string list;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string define, name, value;
        words >> define >> name >> value;
        const bool plain = define == "#define" && !value.empty() && name.find('(') == std::string::npos;
        if (plain && (std::isdigit(static_cast<unsigned char>(value[0])) || value[0] == '(' || value[0] == '"'))
            list += name + ' ' + value + '\n';
    }
    return list;
}

std::string layout()
{
    std::ostringstream out;
    for (const Row &row : kRows) {
        if (*row.member == '\0')
            out << row.structure << ' ' << row.size << '\n';
        else
            out << row.structure << '.' << row.member << " at " << row.offset << ' ' << row.size << '\n';
    }
    return out.str();
}

std::vector<Declared> declared()
{
    std::vector<Declared> list = declarations(header("abi.h"));
    for (const char *name : {"http.h", "metrics.h", "records.h"}) {
        const std::vector<Declared> more = declarations(header(name));
        list.insert(list.end(), more.begin(), more.end());
    }
    return list;
}

std::string signatures()
{
    std::string list;
    for (const Declared &member : declared())
        if (member.function) list += member.structure + ": " + member.text + '\n';
    return list;
}

TEST(Boundary, HasTheLayoutTheConstantsAndTheSignaturesOfItsLock)
{
    const std::string now = layout() + constants(header("abi.h")) + constants(header("http.h")) +
                            constants(header("manifest.h")) + constants(header("metrics.h")) +
                            constants(header("records.h")) + signatures();
    EXPECT_EQ(read(HAWSER_ABI_LOCK), now) << now;
}

TEST(Boundary, HasARowForEachMemberOfEachStruct)
{
    const auto list = declared();
    const auto rows = std::count_if(kRows.begin(), kRows.end(), [](const Row &row) { return *row.member != '\0'; });
    EXPECT_EQ(list.size(), static_cast<std::size_t>(rows));
    for (const Declared &member : list) {
        EXPECT_TRUE(std::any_of(
            kRows.begin(), kRows.end(),
            [&](const Row &row) { return member.structure == row.structure && member.member == row.member; }))
            << member.structure << '.' << member.member;
    }
}

// Rule 7: where a function may be called is said of it or of its table.
TEST(Boundary, SaysOfEachFunctionWhereItIsCalled)
{
    std::size_t functions = 0;
    for (const Declared &member : declared()) {
        if (!member.function) continue;
        ++functions;
        bool tagged = false;
        for (const char *tag : {"[loop]", "[any-thread]", "[pool]", "[start]"})
            tagged = tagged || member.comment.find(tag) != std::string::npos;
        EXPECT_TRUE(tagged) << member.structure << '.' << member.member;
    }
    EXPECT_GT(functions, 50U);
}

} // namespace
} // namespace hawser::test
