#include "app/house.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

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

/// What the server itself may lease: the limit less DuckDB's fixed part.
std::size_t budget_bytes(const Settings& settings) {
    const std::size_t whole =
        std::min(static_cast<std::size_t>(settings.process.max_memory_mb) << 20, base::memory_limit_bytes());
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
    if (auto opened = house->open_backend(); !opened) {
        return base::fail(std::move(opened.error()));
    }
    if (auto opened = house->open_cache(); !opened) {
        return base::fail(std::move(opened.error()));
    }
    house->open_front();
    return house;
}

base::Result<void> House::open_backend() {
    if (settings_.uses_snowflake()) {
        return open_snowflake();
    }
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
    backend_ = embedded_.get();
    return {};
}

base::Result<void> House::open_snowflake() {
    for (const std::string& warning : settings_.connection_warnings) {
        base::log::warn("{}", warning);
    }
    blocking_ = std::make_unique<async::BlockingPool>(async::BlockingPool::Limits{.threads = 2});  // files only
    auto opened = SnowflakeConnection::open(
        settings_, {.workers = workers_, .files = *blocking_, .memory = memory_, .metrics = metrics_});
    if (!opened) {
        return base::fail(std::move(opened.error()));
    }
    snowflake_ = std::move(*opened);
    backend_ = &snowflake_->backend();
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

void House::open_front() {
    pool_ = std::make_unique<backend::Pool>(*backend_, settings_.pool);
    pipeline_ =
        std::make_unique<query::Pipeline>(query::Pipeline::Services{.backend = *backend_,
                                                                    .pool = *pool_,
                                                                    .memory = memory_,
                                                                    .sealer = sealer_,
                                                                    .metrics = metrics_,
                                                                    .cache = cache_.get(),
                                                                    .coalesce = settings_.cache.coalesce,
                                                                    .audit = &audit_,
                                                                    .judges = &judges_,
                                                                    .connection = std::string{backend_->name()}},
                                          query::GuardStage{settings_.guard.policy}, settings_.query);
    if (snowflake_) {
        services_ = std::make_unique<backend::snowflake::Services>(snowflake_->backend(), *pool_, settings_.allowed);
    }
    mcp::Registry registry;
    register_tools(registry);
    registry.freeze();
    mcp::ServerOptions options;
    options.title = "Snowflake";
    options.version = version;
    options.instructions = tools::instructions();
    options.logging = true;
    options.log_unasked_from.reset();  // a client that asks for nothing keeps its plain JSON answers
    options.workers = workers_.size();
    options.request_timeout = settings_.query.query_timeout + std::chrono::seconds{30};
    options.orphan_grace = settings_.transport.orphan_grace;
    mcp_ = std::make_unique<mcp::Server>(std::move(registry), sealer_, std::move(options), &metrics_);
    health_ = std::make_unique<admin::Health>(version, [this] { return backend_health(); });
    process_ = std::make_unique<admin::ProcessMetrics>(metrics_, memory_, workers_,
                                                       static_cast<std::size_t>(settings_.process.max_memory_mb) << 20);
    backend::publish(metrics_, *pool_);
}

void House::register_tools(mcp::Registry& registry) {
    if (!services_) {
        tools::register_all(registry, *pipeline_, settings_.tools);
        return;
    }
    pipeline_->estimate_scans([this](async::Call& call, backend::Statement statement) {
        return scan_estimate(call, *services_, std::move(statement));
    });
    long_queries_ = std::make_unique<tools::snowflake::SubmittedQueries>(*pipeline_, *services_,
                                                                         settings_.snowflake_tools.task_after);
    const tools::QueryOptions options{
        .long_queries = long_queries_.get(),
        .choices = {.roles = choice_of(services_->roles()), .warehouses = choice_of(services_->warehouses())}};
    tools::register_all(registry, *pipeline_, settings_.tools, options);
    registry.add(long_queries_->source());
    if (settings_.tools.toolset == "full") {
        tools::snowflake::register_all(
            registry,
            {.pipeline = *pipeline_, .services = *services_, .sealer = sealer_, .settings = settings_.snowflake_tools});
    }
}

/// From what the pool knows already. Where no session is kept in stock nobody but a caller would find out that logins
/// work again, so then the server stays ready.
admin::Health::Backend House::backend_health() const {
    const auto figures = pool_->figures();
    const bool cut_off = snowflake_ && settings_.pool.min_size > 0 &&
                         figures.breaker == backend::Breaker::State::open && figures.active + figures.idle == 0;
    return {.name = std::string{backend_->name()},
            .usable = !cut_off,
            .problem = cut_off ? "no session can be opened: logins to Snowflake fail" : ""};
}

std::string House::describe_backend() const {
    if (snowflake_) {
        return snowflake_->describe();
    }
    return fmt::format("embedded database {}", backend_->default_context().database);
}

void House::tick() {
    process_->tick();
    workers_[0].wheel().arm(*ticker_, workers_[0].now() + std::chrono::seconds{1});
}

void House::start(Warm warm) {
    workers_.start();
    running_ = true;
    if (warm == Warm::yes) {
        pool_->prepare(workers_[0], ourselves());
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
    if (long_queries_) {
        long_queries_->stop();
        clean = long_queries_->join(end_patience) && clean;
    }
    pipeline_->stop(async::StopReason::drain);
    clean = pipeline_->join(end_patience) && clean;
    if (cache_) {
        cache_->stop();
        clean = cache_->join(end_patience) && clean;
    }
    pool_->stop(async::StopReason::drain);
    clean = pool_->join(end_patience) && clean;
    if (snowflake_) {
        clean = snowflake_->shut_down(end_patience) && clean;
    }
    if (running_) {
        workers_[0].post([this] { ticker_.reset(); });
        workers_.stop_and_join();
    }
    return clean;
}

}  // namespace app
