#include "mcp/error_map.hpp"

#include <gtest/gtest.h>

namespace {

using base::Kind;
using base::Stage;
using mcp::Asked;
using mcp::Revision;
using mcp::Surface;

struct Row {
    const char* name;
    base::Error error;
    Revision revision;
    Asked asked;
    bool head_sent;
    Surface surface;
    int code;
    int status;
};

const Row rows[] = {
    {"wrong argument", base::Error{Kind::bad_argument, "m"}.at(Stage::protocol), Revision::v2026_07_28, Asked::tool,
     false, Surface::tool_error, -32602, 200},
    {"wrong argument 2025-11-25", base::Error{Kind::bad_argument, "m"}.at(Stage::protocol), Revision::v2025_11_25,
     Asked::tool, false, Surface::tool_error, -32602, 200},
    {"wrong argument before", base::Error{Kind::bad_argument, "m"}.at(Stage::protocol), Revision::v2025_06_18,
     Asked::tool, false, Surface::rpc_error, -32602, 200},
    {"the guard refuses", base::Error{Kind::bad_argument, "m"}.at(Stage::guard), Revision::v2025_06_18, Asked::tool,
     false, Surface::tool_error, -32602, 200},
    {"sql", base::Error{Kind::sql, "m"}, Revision::v2024_11_05, Asked::tool, false, Surface::tool_error, -32602, 200},
    {"denied", base::Error{Kind::denied, "m"}, Revision::v2026_07_28, Asked::tool, false, Surface::tool_error, -32602,
     200},
    {"denied by access", base::Error{Kind::denied, "m"}.at(Stage::access), Revision::v2026_07_28, Asked::tool, false,
     Surface::rpc_error, -32602, 403},
    {"wrong key", base::Error{Kind::credentials, "m"}.at(Stage::access), Revision::v2026_07_28, Asked::tool, false,
     Surface::rpc_error, -32603, 401},
    {"credentials of the backend", base::Error{Kind::credentials, "m"}.at(Stage::login), Revision::v2026_07_28,
     Asked::tool, false, Surface::tool_error, -32603, 200},
    {"not found", base::Error{Kind::not_found, "m"}, Revision::v2026_07_28, Asked::tool, false, Surface::tool_error,
     -32602, 200},
    {"no such resource", base::Error{Kind::not_found, "m"}, Revision::v2026_07_28, Asked::resource, false,
     Surface::rpc_error, -32602, 200},
    {"no such resource before", base::Error{Kind::not_found, "m"}, Revision::v2025_11_25, Asked::resource, false,
     Surface::rpc_error, -32002, 200},
    {"timeout", base::Error{Kind::timeout, "m"}, Revision::v2026_07_28, Asked::tool, false, Surface::tool_error, -32603,
     200},
    {"timeout of a prompt", base::Error{Kind::timeout, "m"}, Revision::v2026_07_28, Asked::prompt, false,
     Surface::rpc_error, -32603, 200},
    {"overloaded", base::Error{Kind::overloaded, "m"}, Revision::v2026_07_28, Asked::tool, false, Surface::rpc_error,
     -32603, 503},
    {"overloaded, head sent", base::Error{Kind::overloaded, "m"}, Revision::v2026_07_28, Asked::tool, true,
     Surface::tool_error, -32603, 200},
    {"a limit of the caller", base::Error{Kind::overloaded, "m"}.at(Stage::access), Revision::v2026_07_28, Asked::tool,
     false, Surface::rpc_error, -32603, 429},
    {"a limit of the caller, head sent", base::Error{Kind::overloaded, "m"}.at(Stage::access), Revision::v2026_07_28,
     Asked::tool, true, Surface::rpc_error, -32603, 200},
    {"unavailable", base::Error{Kind::unavailable, "m"}, Revision::v2026_07_28, Asked::tool, false, Surface::tool_error,
     -32603, 200},
    {"internal", base::Error{Kind::internal, "m"}, Revision::v2026_07_28, Asked::tool, false, Surface::rpc_error,
     -32603, 200},
    {"cancelled", base::Error{Kind::cancelled, "m"}, Revision::v2026_07_28, Asked::tool, false, Surface::silence,
     -32603, 200},
};

TEST(ErrorMap, each_error_has_its_place) {
    for (const auto& row : rows) {
        const auto mapped = mcp::map_error(row.error, row.revision, row.asked, row.head_sent);
        EXPECT_EQ(mapped.surface, row.surface) << row.name;
        if (row.surface == Surface::silence) continue;
        EXPECT_EQ(mapped.rpc.code, row.code) << row.name;
        EXPECT_EQ(mapped.rpc.http_status, row.status) << row.name;
        EXPECT_NE(mapped.text.find("m"), std::string::npos) << row.name;
    }
}

TEST(ErrorMap, a_wait_is_said_in_whole_seconds_and_never_too_short) {
    const auto error = base::Error{Kind::overloaded, "busy"}.retry_after(std::chrono::milliseconds{1001});
    const auto mapped = mcp::map_error(error, mcp::latest, Asked::tool, false);
    EXPECT_EQ(mapped.rpc.retry_after, std::chrono::seconds{2});
    EXPECT_EQ(mapped.text, "busy. Try again in 2 s.");
}

TEST(ErrorMap, says_what_to_do_next_and_what_the_backend_said) {
    EXPECT_EQ(mcp::advice(base::Error{Kind::sql, "no such column: X"}.code("000904", "42000").query("01b2")),
              "no such column: X. (error 000904, SQLSTATE 42000) Query id: 01b2");
    EXPECT_EQ(mcp::advice(base::Error{Kind::timeout, "the query did not end within 5 s"}),
              "the query did not end within 5 s. Ask for less (fewer rows, a narrower filter), or try again.");
}

TEST(ErrorMap, no_control_character_gets_out) {
    const auto mapped =
        mcp::map_error(base::Error{Kind::sql, "a\x1b[0m\u202eb"}.code("\x07"), mcp::latest, Asked::tool, false);
    EXPECT_EQ(mapped.text.find('\x1b'), std::string::npos);
    EXPECT_EQ(mapped.text.find('\x07'), std::string::npos);
    EXPECT_EQ(mapped.rpc.message, "a\\u{1B}[0m\\u{202E}b");
}

}  // namespace
