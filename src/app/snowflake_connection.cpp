#include "app/snowflake_connection.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "app/version.hpp"

namespace app {

base::Result<std::unique_ptr<SnowflakeConnection>> SnowflakeConnection::open(
    const backend::snowflake::Connection& named, Ground ground) {
    std::unique_ptr<SnowflakeConnection> connection{new SnowflakeConnection};
    connection->account_ = named.settings.account;

    std::vector<async::Worker*> workers;
    for (std::size_t i = 0; i < ground.workers.size(); ++i) {
        workers.push_back(&ground.workers[i]);
    }
    auto backend =
        backend::snowflake::SnowflakeBackend::open(named.settings, {.workers = std::move(workers),
                                                                    .outbound = std::move(ground.outbound),
                                                                    .memory = ground.memory,
                                                                    .files = &ground.files,
                                                                    .version = version,
                                                                    .interactive_allowed = isatty(STDERR_FILENO) != 0});
    if (!backend) {
        return base::fail(std::move(backend.error()));
    }
    connection->backend_ = std::move(*backend);
    return connection;
}

SnowflakeConnection::~SnowflakeConnection() = default;

std::string SnowflakeConnection::describe() const {
    return fmt::format("Snowflake account {} at {}", account_, backend_->account().host_and_port());
}

bool SnowflakeConnection::shut_down(std::chrono::milliseconds at_most) {
    if (backend_->join(at_most)) {
        return true;
    }
    backend_->stop(async::StopReason::drain);
    return backend_->join(at_most);
}

}  // namespace app
