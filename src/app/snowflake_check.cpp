#include "app/snowflake_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <future>
#include <memory>
#include <optional>
#include <utility>

#include "access/access.hpp"
#include "async/task_group.hpp"
#include "backend/snowflake/session/context_switch.hpp"
#include "base/text.hpp"
#include "net/client/proxy.hpp"

namespace app {
namespace {

using Outcome = CheckStep::Outcome;
using net::client::Cause;

constexpr std::chrono::seconds patience{90};
constexpr std::size_t shown_writes = 5;
constexpr std::string_view role_missing = "390189";  // who one is was accepted, what one wants to be was not

/// Rows of a statement, as texts by column name.
struct Table {
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows;

    std::string at(std::size_t row, std::string_view column) const {
        for (std::size_t i = 0; i < columns.size(); ++i) {
            if (base::iequals(columns[i], column)) {
                return rows[row][i];
            }
        }
        return {};
    }
};

async::Task<base::Result<Table>> ask(async::Call& call, backend::Session& session, std::string text) {
    backend::Statement statement;
    statement.text = std::move(text);
    statement.tag = R"({"app":"snowflake-mcp","tool":"check"})";
    statement.is_read = true;
    auto result = co_await session.execute(call, std::move(statement));
    if (!result) {
        co_return base::fail(std::move(result.error()));
    }
    Table table;
    for (const backend::Column& column : (*result)->columns()) {
        table.columns.push_back(column.name);
    }
    for (;;) {
        auto batch = co_await (*result)->next(call);
        if (!batch) {
            co_return base::fail(std::move(batch.error()));
        }
        if (*batch == nullptr) {
            co_return table;
        }
        for (std::size_t row = 0; row < (*batch)->rows(); ++row) {
            std::vector<std::string> cells(table.columns.size());
            for (std::size_t column = 0; column < cells.size(); ++column) {
                append_text(cells[column], (*batch)->cell(row, column));
            }
            table.rows.push_back(std::move(cells));
        }
    }
}

// ---- The way there

/// One harmless request tells how far a connection comes.
class Way {
public:
    Way(const net::client::Url& url, std::shared_ptr<const net::client::Proxy> proxy)
        : url_{url}, proxy_{std::move(proxy)} {}

    void answered() { reached_ = Cause::malformed; }  // behind everything that can fail on the way
    void failed(Cause cause, std::string message) {
        reached_ = cause;
        message_ = std::move(message);
    }

    std::vector<CheckStep> steps() const {
        const std::string host = proxy_ ? proxy_->address.host : url_.host;
        const std::string place = proxy_ ? proxy_->address.host_and_port() : url_.host_and_port();
        std::vector<CheckStep> steps;
        steps.push_back(step("dns", Cause::dns, "host " + host + " is known", check_exit::dns,
                             proxy_ ? "check the proxy's name (HTTPS_PROXY)"
                                    : "check SNOWFLAKE_ACCOUNT (organization-account) or SNOWFLAKE_HOST"));
        steps.push_back(step("tcp", Cause::connect, place + " accepts connections", check_exit::tcp,
                             proxy_ ? "check the proxy's address (HTTPS_PROXY)"
                                    : "a firewall may stand between; where a proxy is needed, set HTTPS_PROXY"));
        steps.push_back(step("proxy", Cause::proxy,
                             proxy_ ? "goes through " + place : std::string{"none is configured for this host"},
                             check_exit::proxy, "check HTTPS_PROXY, its user and password, and NO_PROXY"));
        steps.push_back(step("tls", Cause::certificate,
                             url_.secure() ? "the certificate of " + url_.host + " is accepted"
                                           : std::string{"not used: SNOWFLAKE_PROTOCOL is http"},
                             check_exit::tls, "a proxy that breaks TLS open needs its authority in CLIENT_CA_FILE"));
        return steps;
    }
    bool is_open() const { return order(reached_) > order(Cause::certificate); }

private:
    static int order(Cause cause) {
        switch (cause) {
            case Cause::dns: return 0;
            case Cause::connect: return 1;
            case Cause::proxy: return 2;
            case Cause::certificate:
            case Cause::tls: return 3;
            default: return 4;
        }
    }

    CheckStep step(std::string name, Cause cause, std::string good, int exit_code, std::string_view remedy) const {
        const int here = order(cause);
        const int reached = order(reached_);
        if (reached > here) {
            return {.name = std::move(name), .outcome = Outcome::good, .text = std::move(good), .exit_code = exit_code};
        }
        if (reached < here) {
            return {
                .name = std::move(name), .outcome = Outcome::skipped, .text = "not reached", .exit_code = exit_code};
        }
        return {.name = std::move(name),
                .outcome = Outcome::failed,
                .text = fmt::format("{}; {}", message_, remedy),
                .exit_code = exit_code};
    }

    net::client::Url url_;
    std::shared_ptr<const net::client::Proxy> proxy_;
    Cause reached_ = Cause::connect;
    std::string message_;
};

async::Task<void> go(async::Call& call, net::client::HttpClient& client, net::client::Url url, Way& way) {
    net::client::Request request;
    request.url = std::move(url);
    request.lane = net::client::Lane::control;
    async::Call brief{call, call.worker().now() + std::chrono::seconds{30}};
    auto response = co_await client.send(brief, std::move(request));
    if (response) {
        way.answered();  // whatever it says: somebody is there
        co_return;
    }
    const Cause cause = response.error().cause;
    const bool stopped = cause == Cause::stopped;
    way.failed(stopped ? Cause::connect : cause, stopped ? "no answer within 30 s" : response.error().message());
}

// ---- The session

CheckStep login_step(const base::Result<std::unique_ptr<backend::Session>>& session, const std::string& user) {
    if (!session) {
        return CheckStep::of("login", base::fail(session.error()), check_exit::login);
    }
    return CheckStep::of("login", fmt::format("as {}", user.empty() ? "the token's user" : user), check_exit::login);
}

std::vector<RoleGrant> grants_in(const Table& table) {
    std::vector<RoleGrant> grants;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        grants.push_back({.privilege = table.at(row, "privilege"),
                          .on = table.at(row, "granted_on"),
                          .name = table.at(row, "name")});
    }
    return grants;
}

CheckStep role_step(const std::string& role, const base::Result<Table>& grants,
                    const backend::snowflake::Settings& account) {
    CheckStep step{.name = "role", .outcome = Outcome::good, .text = {}, .exit_code = check_exit::role};
    if (role.empty()) {
        step.text = "the server does not name it";
        return step;
    }
    const RoleReview review = review_role(role, grants ? grants_in(*grants) : std::vector<RoleGrant>{});
    if (!review.is_mighty && review.writes.empty()) {
        step.text = grants ? fmt::format("{}: none of its own grants writes", role)
                           : fmt::format("{} (its grants cannot be listed: {})", role, grants.error().message());
        return step;
    }
    step.outcome = Outcome::doubtful;
    step.text = review.is_mighty ? fmt::format("{} can do nearly everything in the account", role)
                                 : fmt::format("{} can write: {}", role, review.writes.front());
    for (std::size_t i = 1; i < std::min(review.writes.size(), shown_writes); ++i) {
        step.text += "; " + review.writes[i];
    }
    if (review.writes.size() > shown_writes) {
        step.text += fmt::format("; and {} more", review.writes.size() - shown_writes);
    }
    step.text +=
        ". The guard lets reads through only, but grants are the wall. A role that can read and nothing else:\n" +
        grants_of_a_reading_role(account.user, account.warehouse, account.database);
    return step;
}

CheckStep warehouse_step(const std::string& warehouse, const base::Result<Table>& used) {
    CheckStep step{.name = "warehouse", .outcome = Outcome::good, .text = {}, .exit_code = check_exit::warehouse};
    if (warehouse.empty()) {
        step.outcome = Outcome::doubtful;
        step.text = "none: SHOW and DESCRIBE work, queries do not; set SNOWFLAKE_WAREHOUSE";
    } else if (used) {
        step.text = fmt::format("{} may be used", warehouse);
    } else {
        step.outcome = Outcome::failed;
        step.text =
            fmt::format("{} cannot be used: {}; check SNOWFLAKE_WAREHOUSE, or GRANT USAGE ON WAREHOUSE {} to the role",
                        warehouse, used.error().message(), warehouse);
    }
    return step;
}

CheckStep query_step(const base::Result<Table>& answer, base::Clock::duration took) {
    if (!answer) {
        return CheckStep::of("query", base::fail(answer.error()), check_exit::query);
    }
    const auto ms = std::chrono::duration<double, std::milli>(took).count();
    return CheckStep::of("query", fmt::format("SELECT 1 answered in {:.0f} ms", ms), check_exit::query);
}

void skip(std::vector<CheckStep>& steps, std::initializer_list<std::pair<const char*, int>> names) {
    for (const auto& [name, exit_code] : names) {
        steps.push_back({.name = name, .outcome = Outcome::skipped, .text = "not reached", .exit_code = exit_code});
    }
}

async::Task<void> look(async::Call& call, backend::snowflake::SnowflakeBackend& backend,
                       std::vector<CheckStep>& steps) {
    auto session = co_await backend.login(call, {}, {});
    if (!session && session.error().code() == role_missing) {
        steps.push_back(CheckStep::of("login", "the credentials are accepted", check_exit::login));
        steps.push_back(CheckStep::of("role", base::fail(std::move(session.error())), check_exit::role));
        skip(steps, {{"warehouse", check_exit::warehouse}, {"query", check_exit::query}});
        co_return;
    }
    steps.push_back(login_step(session, backend.settings().user));
    if (!session) {
        skip(steps, {{"role", check_exit::role}, {"warehouse", check_exit::warehouse}, {"query", check_exit::query}});
        co_return;
    }
    const backend::Context context = (*session)->context();
    const std::string role = backend::snowflake::quoted_identifier(context.role);
    base::Result<Table> grants = Table{};
    if (!context.role.empty()) {
        grants = co_await ask(call, **session, "SHOW GRANTS TO ROLE " + role);
    }
    steps.push_back(role_step(context.role, grants, backend.settings()));
    base::Result<Table> used = Table{};
    if (!context.warehouse.empty()) {
        used =
            co_await ask(call, **session, "USE WAREHOUSE " + backend::snowflake::quoted_identifier(context.warehouse));
    }
    steps.push_back(warehouse_step(context.warehouse, used));
    const base::TimePoint since = call.worker().now();
    auto answer = co_await ask(call, **session, "SELECT 1");
    steps.push_back(query_step(answer, call.worker().now() - since));
    co_await (*session)->close(call);
}

async::Task<void> look_everywhere(async::Call& call, backend::snowflake::SnowflakeBackend& backend,
                                  const Settings& settings, std::vector<CheckStep>& steps, std::promise<void>& ended) {
    auto rules = net::client::ProxyRules::create(settings.client);
    Way way{backend.account(), rules ? rules->proxy_for(backend.account()) : nullptr};
    co_await go(call, backend.link().client(call.worker()), backend.account(), way);
    for (CheckStep& step : way.steps()) {
        steps.push_back(std::move(step));
    }
    if (way.is_open()) {
        co_await look(call, backend, steps);
    } else {
        skip(steps, {{"login", check_exit::login},
                     {"role", check_exit::role},
                     {"warehouse", check_exit::warehouse},
                     {"query", check_exit::query}});
    }
    ended.set_value();
}

}  // namespace

std::vector<CheckStep> check_snowflake(House& house, const Settings& settings) {
    std::vector<CheckStep> steps;
    std::promise<void> ended;
    async::TaskGroup tasks;
    async::Call::Parts parts;
    parts.request_id = "check";
    parts.principal = access_control::Access::os_user();
    parts.deadline = base::Clock::now() + patience;
    tasks.spawn(house.workers()[0], std::move(parts), [&](async::Call& call) {
        return look_everywhere(call, house.connections().front()->snowflake()->backend(), settings, steps, ended);
    });
    ended.get_future().wait();
    tasks.stop(async::StopReason::drain);
    tasks.join(std::chrono::seconds{5});
    return steps;
}

RoleReview review_role(std::string_view role, const std::vector<RoleGrant>& grants) {
    // https://docs.snowflake.com/en/user-guide/security-access-control-privileges
    constexpr std::array<std::string_view, 16> writing = {
        "INSERT",       "UPDATE",        "DELETE",         "TRUNCATE",      "OWNERSHIP", "MODIFY",
        "WRITE",        "ALL",           "ALL PRIVILEGES", "EVOLVE SCHEMA", "REBUILD",   "OPERATE",
        "EXECUTE TASK", "MANAGE GRANTS", "IMPORT SHARE",   "REPLICATE"};
    RoleReview review;
    for (const std::string_view mighty : {"ACCOUNTADMIN", "SECURITYADMIN", "SYSADMIN"}) {
        review.is_mighty = review.is_mighty || role == mighty;
    }
    for (const RoleGrant& grant : grants) {
        const std::string privilege = base::to_upper(grant.privilege);
        const bool writes =
            std::find(writing.begin(), writing.end(), privilege) != writing.end() || privilege.starts_with("CREATE ");
        if (writes) {
            review.writes.push_back(fmt::format("{} on {} {}", privilege, grant.on, grant.name));
        }
    }
    return review;
}

std::string grants_of_a_reading_role(std::string_view user, std::string_view warehouse, std::string_view database) {
    const std::string wh{warehouse.empty() ? "<warehouse>" : warehouse};
    const std::string db{database.empty() ? "<database>" : database};
    std::string text = "CREATE ROLE MCP_READER;\n";
    text += fmt::format("GRANT USAGE ON WAREHOUSE {} TO ROLE MCP_READER;\n", wh);
    text += fmt::format("GRANT USAGE ON DATABASE {} TO ROLE MCP_READER;\n", db);
    text += fmt::format("GRANT USAGE ON ALL SCHEMAS IN DATABASE {} TO ROLE MCP_READER;\n", db);
    for (const char* kind : {"TABLES", "VIEWS"}) {
        text += fmt::format("GRANT SELECT ON ALL {} IN DATABASE {} TO ROLE MCP_READER;\n", kind, db);
        text += fmt::format("GRANT SELECT ON FUTURE {} IN DATABASE {} TO ROLE MCP_READER;\n", kind, db);
    }
    text += fmt::format("GRANT ROLE MCP_READER TO USER {};", user.empty() ? "<user>" : user);
    return text;
}

}  // namespace app
