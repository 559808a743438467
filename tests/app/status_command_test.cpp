#include "app/status_command.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace {

struct Ran {
    int code = 0;
    std::string out, err;
};

Ran run(const app::StatusArguments& arguments, const admin::Settings& settings = {}) {
    std::ostringstream out, err;
    const int code = app::run_status_command(arguments, settings, out, err);
    return {code, out.str(), err.str()};
}

TEST(StatusCommand, shows_a_line_a_figure_and_the_probes_one_after_the_other) {
    EXPECT_EQ(app::status_text(R"({"status":"ok","backend":{"name":"duckdb","usable":true},)"
                               R"("probes":{"pool":{"idle":3},"cache":{"type":"memory"}},"log_level":"info"})"),
              "status: ok\nbackend:\n  name: duckdb\n  usable: true\nlog_level: info\n"
              "pool:\n  idle: 3\ncache:\n  type: memory\n");
}

TEST(StatusCommand, escapes_what_a_terminal_would_obey) {
    EXPECT_EQ(app::status_text("{\"problem\":\"a\\u001b[2Jb\"}").find('\x1b'), std::string::npos);
}

TEST(StatusCommand, says_what_is_missing_when_no_server_of_these_settings_tells) {
    const auto ran = run({});
    EXPECT_EQ(ran.code, 2);
    EXPECT_NE(ran.err.find("ADMIN_SOCKET"), std::string::npos);
    EXPECT_EQ(run({.url = "https://localhost:1"}).code, 2);
}

TEST(StatusCommand, says_that_nobody_answers) {
    const auto ran = run({.socket = "/no/such/socket"});
    EXPECT_EQ(ran.code, 5);
    EXPECT_NE(ran.err.find("/no/such/socket"), std::string::npos);
    EXPECT_EQ(run({.socket = std::string(200, 'x')}).code, 5);
    EXPECT_EQ(ran.out, "");
}

}  // namespace
