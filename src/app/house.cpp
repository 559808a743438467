#include "app/house.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "app/allocator.hpp"
#include "app/version.hpp"
#include "backend/duckdb/duckdb_backend.hpp"
#include "backend/pool_probe.hpp"
#include "base/cgroup.hpp"
#include "base/log.hpp"
#include "query/cache/file_store.hpp"
#include "query/cache/redis_store.hpp"
#include "tools/register.hpp"
#include "tools/snowflake/register.hpp"

namespace app {
namespace {

base::Result<base::TokenSealer> make_sealer(const ProcessSettings& settings) {
    if (!settings.state_keys.empty()) {
        return base::TokenSealer::with_keys(settings.state_keys);
    }
    return base::TokenSealer::with_random_key();
}

std::size_t process_limit(const Settings& settings) {
    return std::min(static_cast<std::size_t>(settings.process.max_memory_mb) << 20, base::memory_limit_bytes());
}

/// What the server itself may lease: the limit less DuckDB's fixed part.
std::size_t budget_bytes(const Settings& settings) {
    const std::size_t whole = process_limit(settings);
    const std::size_t fixed =
        settings.uses_snowflake() ? 0 : static_cast<std::size_t>(settings.embedded.memory_mb) << 20;
    return whole - std::min(whole / 2, fixed);
}

std::size_t worker_count(const Settings& settings) {
    return settings.http.workers > 0 ? static_cast<std::size_t>(settings.http.workers)
                                     : async::Workers::default_count();
}

/// For what ends by itself once it was told to.
constexpr std::chrono::seconds end_patience{5};

base::PrincipalPtr ourselves() {
    auto principal = std::make_shared<base::Principal>();
    principal->id = "server";
    principal->kind = base::Principal::Kind::os_user;
    return principal;
}

}  // namespace

House::House(const Settings& settings, base::TokenSealer sealer, base::Audit audit)
    : settings_{settings},
      memory_{{.bytes = budget_bytes(settings)}},
      sealer_{std::move(sealer)},
      audit_{std::move(audit)},
      workers_{worker_count(settings)} {}

House::~House() = default;

base::Result<std::unique_ptr<House>> House::build(const Settings& settings) {
    auto sealer = make_sealer(settings.process);
    if (!sealer) {
        return base::fail(std::move(sealer.error()));
    }
    auto audit = base::Audit::to_file(settings.process.audit_file);
    if (!audit) {
        return base::fail(std::move(audit.error()));
    }
    std::unique_ptr<House> house{new House{settings, std::move(*sealer), std::move(*audit)}};
    if (auto opened = house->open_cache(); !opened) {
        return base::fail(std::move(opened.error()));
    }
    house->open_limits();
    if (auto opened = house->open_connections(); !opened) {
        return base::fail(std::move(opened.error()));
    }
    house->open_front();
    return house;
}

base::Result<void> House::open_connections() { return settings_.uses_snowflake() ? open_snowflake() : open_embedded(); }

Connection::Ground House::ground(bool is_alone) {
    return {.settings = settings_,
            .memory = memory_,
            .sealer = sealer_,
            .metrics = metrics_,
            .audit = audit_,
            .cache = cache_.get(),
            .judges = judges_,
            .meter = *meter_,
            .is_alone = is_alone};
}

base::Result<void> House::open_embedded() {
    const auto threads = static_cast<std::size_t>(settings_.pool.max_size);
    blocking_ = std::make_unique<async::BlockingPool>(async::BlockingPool::Limits{.threads = threads});
    auto opened = backend::duckdb::DuckdbBackend::open(settings_.embedded, *blocking_);
    if (!opened) {
        return base::fail(std::move(opened.error()));
    }
    for (const std::string& warning : (*opened)->engine().warnings()) {
        base::log::warn("{}", warning);
    }
    embedded_ = std::move(*opened);
    connections_.push_back(std::make_unique<Connection>(*embedded_, ground(true)));
    return {};
}

base::Result<void> House::open_snowflake() {
    for (const std::string& warning : settings_.connection_warnings) {
        base::log::warn("{}", warning);
    }
    blocking_ = std::make_unique<async::BlockingPool>(async::BlockingPool::Limits{.threads = 2});  // files only
    auto outbound = net::client::Outbound::create(settings_.client);
    if (!outbound) {
        return base::fail(std::move(outbound.error()));
    }
    outbound_ = std::move(*outbound);
    outbound_->register_metrics(metrics_);
    const auto& named = settings_.connections;
    for (const auto& one : named) {
        auto opened = SnowflakeConnection::open(
            one, {.workers = workers_, .files = *blocking_, .memory = memory_, .outbound = outbound_});
        if (!opened) {
            if (named.size() == 1) {
                return base::fail(std::move(opened.error()));
            }
            // The message names settings, which each connection has: so it says whose they are.
            return base::fail(
                base::Error{opened.error().kind(), fmt::format("connection {}: {}", one.name, opened.error().message())}
                    .at(opened.error().stage()));
        }
        connections_.push_back(std::make_unique<Connection>(one.name, std::move(*opened), ground(named.size() == 1)));
    }
    return {};
}

base::Result<void> House::open_cache() {
    const auto& settings = settings_.cache;
    if (!settings.enabled) {
        return {};
    }
    std::unique_ptr<query::cache::SharedStore> shared;
    if (settings.type != "memory" && settings_.process.state_keys.empty()) {
        base::log::warn(
            "CACHE_TYPE is {} but STATE_KEYS is not set: nobody can open what is kept there, not even this "
            "server after a restart",
            settings.type);
    }
    if (settings.type == "file") {
        auto opened = query::cache::FileStore::open(settings.folder(), std::uint64_t{settings.max_size_mb} << 20,
                                                    base::WallClock::now);
        if (!opened) {
            return base::fail(std::move(opened.error()));
        }
        shared = std::move(*opened);
    } else if (settings.type == "redis") {
        shared = std::make_unique<query::cache::RedisStore>(workers_, settings_.redis, settings.key_prefix);
    }
    cache_ = std::make_unique<query::cache::ResultCache>(
        settings,
        query::cache::ResultCache::Parts{.metrics = metrics_, .sealer = sealer_, .shared = std::move(shared)});
    memory_.on_pressure([this](std::size_t bytes) { cache_->shrink_by(bytes); });
    return {};
}

void House::open_limits() {
    if (settings_.has_redis()) {
        shared_limits_ =
            std::make_unique<access_control::SharedBudget>(workers_, settings_.redis, settings_.cache.key_prefix);
    }
    quotas_ = std::make_unique<access_control::Quotas>(settings_.access, metrics_, shared_limits_.get());
    meter_ = std::make_unique<QuotaMeter>(*quotas_);
}

std::vector<base::Probe> House::probes() {
    std::vector<base::Probe> all;
    for (const auto& connection : connections_) {
        for (auto& probe : connection->probes(connections_.size() == 1)) {
            all.push_back(std::move(probe));
        }
    }
    if (cache_) {
        all.push_back(cache_->probe());
    }
    if (outbound_) {
        all.push_back(outbound_->probe());
    }
    all.push_back(quotas_->probe());
    return all;
}

void House::open_front() {
    mcp::Registry registry;
    const auto connections = register_tools(registry);
    registry.freeze();
    mcp::ServerOptions options;
    options.title = "Snowflake";
    options.version = version;
    options.instructions = tools::instructions(*connections);
    options.logging = true;
    options.log_unasked_from.reset();  // a client that asks for nothing keeps its plain JSON answers
    options.workers = workers_.size();
    options.request_timeout = settings_.query.query_timeout + std::chrono::seconds{30};
    options.orphan_grace = settings_.transport.orphan_grace;
    mcp_ = std::make_unique<mcp::Server>(std::move(registry), sealer_, std::move(options), &metrics_);
    health_ = std::make_unique<admin::Health>(version, [this] { return backend_health(); });
    process_ = std::make_unique<admin::ProcessMetrics>(metrics_, memory_, workers_,
                                                       static_cast<std::size_t>(settings_.process.max_memory_mb) << 20);
}

tools::ConnectionsPtr House::register_tools(mcp::Registry& registry) {
    std::vector<tools::Connection> all;
    std::vector<backend::snowflake::Services*> services;
    std::vector<tools::snowflake::SubmittedQueries*> long_queries;
    for (const auto& connection : connections_) {
        all.push_back(connection->for_tools());
        services.push_back(connection->services());
        long_queries.push_back(connection->long_queries());
    }
    auto connections = std::make_shared<const tools::Connections>(std::move(all));
    tools::register_all(registry, connections, settings_.tools);
    if (!settings_.uses_snowflake()) {
        return connections;
    }
    registry.add(tools::snowflake::task_source(std::move(long_queries)));
    if (settings_.tools.toolset == "full") {
        tools::snowflake::register_all(registry, {.connections = connections,
                                                  .services = std::move(services),
                                                  .sealer = sealer_,
                                                  .settings = settings_.snowflake_tools});
    }
    return connections;
}

/// From what the pools know already. One account that can be asked is enough to serve.
admin::Health::Backend House::backend_health() const {
    std::string names;
    std::size_t cut_off = 0;
    for (const auto& connection : connections_) {
        if (connection->is_cut_off()) {
            ++cut_off;
            names += (names.empty() ? "" : ", ") + connection->name();
        }
    }
    std::string problem;
    if (cut_off > 0) {
        problem = "no session can be opened: logins to Snowflake fail";
        problem += connections_.size() > 1 ? fmt::format(" (connections: {})", names) : "";
    }
    return {.name = std::string{connections_.front()->backend().name()},
            .usable = cut_off < connections_.size(),
            .problem = std::move(problem)};
}

std::string House::describe_backend() const {
    std::string text;
    for (const auto& connection : connections_) {
        text += (text.empty() ? "" : "; ") + (connections_.size() > 1 ? connection->name() + ": " : std::string{}) +
                connection->describe();
    }
    return text;
}

/// What the heap keeps for later is given back where memory gets short.
void House::watch_memory() {
    memory_.look();
    struct Trim final : async::BlockingPool::Job {
        void run() override { trim_heap(); }
    };
    const auto resident = static_cast<std::size_t>(admin::resident_bytes());
    if (should_trim(process_limit(settings_), resident, memory_.unleased(), unleased_at_start_)) {
        judges_.post(std::make_shared<Trim>());
    }
}

void House::tick() {
    process_->tick();
    watch_memory();
    workers_[0].wheel().arm(*ticker_, workers_[0].now() + std::chrono::seconds{1});
}

void House::start(Warm warm) {
    memory_.watch(process_limit(settings_), [] { return static_cast<std::size_t>(admin::resident_bytes()); });
    unleased_at_start_ = memory_.unleased();
    workers_.start();
    running_ = true;
    if (warm == Warm::yes) {
        for (const auto& connection : connections_) {
            connection->pool().prepare(workers_[0], ourselves());
        }
    }
    workers_[0].post([this] {
        ticker_ = std::make_unique<async::DeadlineWheel::Entry>([this] { tick(); });
        tick();
    });
    health_->started();
}

void House::cancel_calls() {
    if (mcp_->join(std::chrono::milliseconds{0})) {
        return;
    }
    base::log::warn("{} calls did not end in time and are cancelled", mcp_->calls_in_flight());
    mcp_->stop(async::StopReason::drain);
    mcp_->join(end_patience);
}

bool House::shut_down() {
    mcp_->drain();
    mcp_->stop(async::StopReason::drain);
    bool clean = mcp_->join(end_patience);
    /// First all are told, then they are waited for, together no longer than one.
    const auto end_all = [&](auto stop, auto join) {
        for (const auto& connection : connections_) {
            stop(*connection);
        }
        const auto end = base::Clock::now() + end_patience;
        for (const auto& connection : connections_) {
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - base::Clock::now());
            clean = join(*connection, std::max(left, std::chrono::milliseconds{0})) && clean;
        }
    };
    end_all([](Connection& one) { one.stop_long_queries(); },
            [](Connection& one, auto at_most) { return one.join_long_queries(at_most); });
    end_all([](Connection& one) { one.stop_pipeline(); },
            [](Connection& one, auto at_most) { return one.join_pipeline(at_most); });
    if (shared_limits_) {
        shared_limits_->stop();
        clean = shared_limits_->join(end_patience) && clean;
    }
    if (cache_) {
        cache_->stop();
        clean = cache_->join(end_patience) && clean;
    }
    end_all([](Connection& one) { one.stop_pool(); },
            [](Connection& one, auto at_most) { return one.join_pool(at_most); });
    end_all([](Connection&) {}, [](Connection& one, auto at_most) { return one.shut_down_client(at_most); });
    if (running_) {
        workers_[0].post([this] { ticker_.reset(); });
        workers_.stop_and_join();
    }
    return clean;
}

}  // namespace app
