/// Is the server alive, and may a load balancer send it calls? No SQL is sent to find out.
///
/// Place: one a process. Threads: any.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "net/server/exchange.hpp"
#include "net/server/route_table.hpp"

namespace admin {

class Health {
public:
    /// What the backend says of itself, from what it knows already.
    struct Backend {
        std::string name;     ///< "duckdb", "snowflake"
        bool usable = true;   ///< false: `/ready` fails
        std::string problem;  ///< why not; shown to whoever may ask, so nothing secret
    };

    Health(std::string version, std::function<Backend()> backend);

    void started() { state_ = State::ready; }
    void draining() { state_ = State::draining; }

    /// `/health`: 200 as long as the process answers (a restart would not help a backend that is away); `/ready`: 503
    /// before the start, while draining, and while the backend is not usable. Both answer to any Host or none.
    void mount(net::RouteTable& routes);

    std::string health_json() const;
    std::string ready_json() const;
    bool ready() const;

private:
    enum class State { starting, ready, draining };
    std::string_view state_text() const;

    std::string version_;
    std::function<Backend()> backend_;
    base::TimePoint since_ = base::Clock::now();
    std::atomic<State> state_ = State::starting;
};

}  // namespace admin
