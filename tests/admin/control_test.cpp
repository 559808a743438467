#include "admin/control.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>

#include "admin/asked_page.hpp"
#include "admin/settings.hpp"
#include "base/log.hpp"

namespace {

using admin::Control;
using admin_test::AskedPage;
using Asked = AskedPage::Asked;

constexpr auto token = "0123456789abcdef0123";

/// A pool that can be paused, and a cache whose clearing ends when the test says so.
struct Plane {
    int paused = 0, cleared = 0;
    std::optional<base::Probe::Done> clearing;
    std::filesystem::path audit_file = std::filesystem::temp_directory_path() / ("audit-" + std::to_string(::getpid()));
    base::Audit audit = *base::Audit::to_file(audit_file.string());
    admin::Health health{"1.2.3", [] { return admin::Health::Backend{.name = "duckdb"}; }};
    std::unique_ptr<Control> control;
    AskedPage open, guarded;

    explicit Plane(std::vector<std::string> more_pools = {}) {
        std::vector<base::Probe> probes{pool("pool"), cache()};
        for (auto& name : more_pools) probes.push_back(pool(name));
        control = std::make_unique<Control>(std::move(probes), health, audit);
        control->mount_open(open.routes);
        control->mount_guarded(guarded.routes, admin::Guard{base::Secret{token}, {"metrics.example.com"}});
        open.peer.unix_socket = true;
    }
    ~Plane() { std::filesystem::remove(audit_file); }

    base::Probe pool(const std::string& name) {
        return {.name = name,
                .status = [](base::JsonWriter& json) { json.begin_object().field("idle", 3).end_object(); },
                .actions = {{.name = "pause", .run = [this]() -> base::Result<void> {
                                 ++paused;
                                 return {};
                             }}}};
    }
    base::Probe cache() {
        return {.name = "cache",
                .status = [](base::JsonWriter& json) { json.begin_object().field("entries", 7).end_object(); },
                .actions = {{.name = "clear",
                             .run = [this]() -> base::Result<void> {
                                 ++cleared;
                                 return {};
                             },
                             .begin = [this](base::Probe::Done done) { clearing = std::move(done); }}}};
    }
    std::string audited() const {
        std::ifstream file{audit_file};
        return {std::istreambuf_iterator<char>{file}, {}};
    }
    static Asked by_socket(std::string method, std::string path, std::string body = {}) {
        return {.method = std::move(method), .path = std::move(path), .host = "localhost", .body = std::move(body)};
    }
    admin_test::Answer with(std::vector<net::Header> headers, std::string host = "127.0.0.1:8001") {
        return guarded.ask(
            {.method = "GET", .path = "/status", .host = std::move(host), .headers = std::move(headers)});
    }
};

const net::Header good{.name = "Authorization", .value = "Bearer 0123456789abcdef0123"};

TEST(Control, shows_every_probe) {
    Plane plane;
    plane.health.started();
    const auto answer = plane.open.ask(Plane::by_socket("GET", "/status"));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.type, "application/json");
    EXPECT_TRUE(answer.body.starts_with(R"({"status":"ok","state":"ready","version":"1.2.3")")) << answer.body;
    EXPECT_NE(answer.body.find(R"("probes":{"pool":{"idle":3},"cache":{"entries":7}}})"), std::string::npos)
        << answer.body;
}

TEST(Control, answers_that_the_cache_is_empty_when_it_is) {
    Plane plane;
    EXPECT_EQ(plane.open.ask(Plane::by_socket("DELETE", "/cache")).status, 0) << "not yet";
    ASSERT_TRUE(plane.clearing);
    (*plane.clearing)({});
    EXPECT_EQ(plane.open.ask(Plane::by_socket("GET", "/unknown")).status, 404);  // lets the worker go on
    EXPECT_NE(plane.audited().find(R"("principal":"admin:socket")"), std::string::npos);
    EXPECT_NE(plane.audited().find(R"("target":"DELETE /cache","outcome":"ok")"), std::string::npos);
}

TEST(Control, says_what_did_not_work) {
    Plane plane;
    plane.open.ask(Plane::by_socket("DELETE", "/cache"));
    ASSERT_TRUE(plane.clearing);
    (*plane.clearing)(base::fail(base::Kind::unavailable, "the shared store did not answer"));
    plane.open.get("/unknown");
    EXPECT_NE(plane.audited().find(R"("outcome":"failed","detail":"cache: the shared store did not answer")"),
              std::string::npos)
        << plane.audited();
}

TEST(Control, runs_the_named_actions_of_a_probe_and_of_all_of_its_kind) {
    Plane plane{{"pool:sales", "pool:hr"}};
    EXPECT_EQ(plane.open.ask(Plane::by_socket("POST", "/pool:sales/pause")).status, 200);
    EXPECT_EQ(plane.paused, 1);
    EXPECT_EQ(plane.open.ask(Plane::by_socket("POST", "/pool/pause")).status, 200);
    EXPECT_EQ(plane.paused, 4);
    EXPECT_EQ(plane.open.ask(Plane::by_socket("POST", "/pool/explode")).status, 404);
    EXPECT_EQ(plane.open.ask(Plane::by_socket("GET", "/pool/pause")).status, 405);
}

TEST(Control, changes_the_log_level) {
    Plane plane;
    const auto before = base::log::level();
    EXPECT_EQ(plane.open.ask(Plane::by_socket("PUT", "/log-level", "error\n")).status, 200);
    EXPECT_EQ(base::log::level(), base::log::Level::error);
    const auto answer = plane.open.ask(Plane::by_socket("PUT", "/log-level", R"({"level":"warn"})"));
    EXPECT_EQ(answer.body, R"({"level":"warn","before":"error"})");
    EXPECT_EQ(base::log::level(), base::log::Level::warn);
    for (const auto* wrong : {"", "loud", "{\"level\":3}", "{", "[\"warn\"]"}) {
        EXPECT_EQ(plane.open.ask(Plane::by_socket("PUT", "/log-level", wrong)).status, 400) << wrong;
    }
    EXPECT_EQ(base::log::level(), base::log::Level::warn);
    base::log::set_level(before);
}

TEST(Control, asks_for_the_token_over_tcp) {
    Plane plane;
    EXPECT_EQ(plane.with({good}).status, 200);
    const auto missing = plane.with({});
    EXPECT_EQ(missing.status, 401);
    EXPECT_NE(missing.headers.find("WWW-Authenticate: Bearer"), std::string::npos);
    for (const auto* wrong : {"Bearer 0123456789abcdef012", "Bearer 0123456789abcdef01234",
                              "Basic 0123456789abcdef0123", "Bearer ", "0123456789abcdef0123"}) {
        EXPECT_EQ(plane.with({{.name = "Authorization", .value = wrong}}).status, 401) << wrong;
    }
    EXPECT_EQ(plane.with({good, good}).status, 401) << "one, not two";
    EXPECT_NE(plane.audited().find(R"("principal":"admin:token","request_id":"","action":"admin","target":"GET )"
                                   R"(/status","outcome":"denied")"),
              std::string::npos)
        << plane.audited();
    EXPECT_EQ(plane.audited().find("0123456789abcdef"), std::string::npos) << "no token in the audit";
}

TEST(Control, answers_to_names_of_its_own_only) {
    Plane plane;
    for (const auto* host : {"localhost:8001", "127.0.0.1", "[::1]:8001", "metrics.example.com:8001", "127.3.2.1"}) {
        EXPECT_EQ(plane.with({good}, host).status, 200) << host;
    }
    for (const auto* host : {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "a b"}) {
        EXPECT_EQ(plane.with({good}, host).status, 403) << host;
    }
}

TEST(Control, lets_no_foreign_page_in) {
    Plane plane;
    const auto from = [&](std::string_view origin) {
        return plane.with({good, {.name = "Origin", .value = origin}}).status;
    };
    EXPECT_EQ(from("http://127.0.0.1:8001"), 200) << "its own page";
    EXPECT_EQ(from("http://evil.example"), 403);
    EXPECT_EQ(from("http://127.0.0.1:9999"), 403);
    EXPECT_EQ(from("null"), 403);
    EXPECT_EQ(from(""), 403);
    auto by_socket = Plane::by_socket("DELETE", "/cache");
    by_socket.headers = {{.name = "Origin", .value = "http://localhost"}};
    EXPECT_EQ(plane.open.ask(by_socket).status, 403) << "no page asks by a socket";
    EXPECT_FALSE(plane.clearing);
}

TEST(AdminSettings, refuse_a_token_that_can_be_guessed) {
    admin::Settings settings;
    EXPECT_TRUE(admin::check(settings));
    settings.token = base::Secret{"short"};
    const auto refused = admin::check(settings);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message().find("ADMIN_TOKEN"), std::string::npos);
    EXPECT_EQ(refused.error().message().find("short"), std::string::npos) << "the value is a secret";
    settings.token = base::Secret{"0123456789abcdef"};
    EXPECT_TRUE(admin::check(settings));
}

}  // namespace
