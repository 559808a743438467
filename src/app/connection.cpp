#include "app/connection.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "backend/pool_probe.hpp"

namespace app {
namespace {

tools::Choice choice_of(const backend::snowflake::AllowedNames& names) {
    tools::Choice choice{.offered = names.is_choice(), .names = {}, .choose = {}, .allows = {}};
    if (!names.has_pattern()) {
        choice.names = names.names();
    }
    choice.allows = [&names](std::string_view name) { return names.allows(name); };
    choice.choose = [&names](std::string_view argument, std::string_view written) {
        return names.choose(argument, written);
    };
    return choice;
}

async::Task<base::Result<std::optional<std::uint64_t>>> scan_estimate(async::Call& call,
                                                                      backend::snowflake::Services& services,
                                                                      backend::Statement statement) {
    auto estimate = co_await services.explain(call, std::move(statement));
    if (!estimate) {
        co_return base::fail(std::move(estimate.error()));
    }
    co_return estimate->bytes;
}

base::Labels labels_of(const std::string& name, const Connection::Ground& ground) {
    return ground.is_alone ? base::Labels{} : base::Labels{{"connection", name}};
}

}  // namespace

Connection::Connection(backend::Backend& embedded, const Ground& ground)
    : Connection{std::string{embedded.name()}, embedded, nullptr, ground} {}

Connection::Connection(std::string name, std::unique_ptr<SnowflakeConnection> snowflake, const Ground& ground)
    : Connection{std::move(name), snowflake->backend(), std::move(snowflake), ground} {}

Connection::Connection(std::string name, backend::Backend& backend, std::unique_ptr<SnowflakeConnection> snowflake,
                       const Ground& ground)
    : name_{std::move(name)},
      snowflake_{std::move(snowflake)},
      backend_{backend},
      kept_in_stock_{ground.settings.pool.min_size},
      pool_{backend_, ground.settings.pool},
      pipeline_{query::Pipeline::Services{.backend = backend_,
                                          .pool = pool_,
                                          .memory = ground.memory,
                                          .sealer = ground.sealer,
                                          .metrics = ground.metrics,
                                          .cache = ground.cache,
                                          .coalesce = ground.settings.cache.coalesce,
                                          .batching = ground.settings.batching,
                                          .audit = &ground.audit,
                                          .meter = &ground.meter,
                                          .judges = &ground.judges,
                                          .connection = name_,
                                          .labels = labels_of(name_, ground)},
                query::GuardStage{ground.settings.guard.policy}, ground.settings.query} {
    if (snowflake_) {
        add_services(ground.settings);
    }
    backend::publish(ground.metrics, pool_, labels_of(name_, ground));
}

Connection::~Connection() = default;

void Connection::add_services(const Settings& settings) {
    services_ = std::make_unique<backend::snowflake::Services>(snowflake_->backend(), pool_, settings.allowed);
    long_queries_ = std::make_unique<tools::snowflake::SubmittedQueries>(name_, pipeline_, *services_,
                                                                         settings.snowflake_tools.task_after);
    pipeline_.estimate_scans([this](async::Call& call, backend::Statement statement) {
        return scan_estimate(call, *services_, std::move(statement));
    });
    pipeline_.reread_by([this](async::Call& call, std::string query_id, backend::RowRange range) {
        return services_->result(call, std::move(query_id), range);
    });
}

std::string Connection::describe() const {
    return snowflake_ ? snowflake_->describe()
                      : fmt::format("embedded database {}", backend_.default_context().database);
}

tools::Connection Connection::for_tools() {
    tools::Connection connection{.name = name_, .pipeline = pipeline_, .long_queries = long_queries_.get()};
    if (services_) {
        connection.choices = {.roles = choice_of(services_->roles()), .warehouses = choice_of(services_->warehouses())};
    }
    return connection;
}

std::vector<base::Probe> Connection::probes(bool is_alone) {
    std::vector<base::Probe> all{backend::probe(pool_), pipeline_.probe()};
    for (auto& probe : all) {
        if (!is_alone) {
            probe.name += ":" + name_;
        }
    }
    return all;
}

bool Connection::is_cut_off() const {
    const auto figures = pool_.figures();
    return snowflake_ && kept_in_stock_ > 0 && figures.breaker == backend::Breaker::State::open &&
           figures.active + figures.idle == 0;
}

void Connection::stop_long_queries() {
    if (long_queries_) {
        long_queries_->stop();
    }
}

bool Connection::join_long_queries(std::chrono::milliseconds at_most) {
    return !long_queries_ || long_queries_->join(at_most);
}

bool Connection::shut_down_client(std::chrono::milliseconds at_most) {
    return !snowflake_ || snowflake_->shut_down(at_most);
}

}  // namespace app
