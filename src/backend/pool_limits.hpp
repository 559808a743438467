/// How large the pool is and how long things last: plain values, by the names of users' deployments.
#pragma once

#include <chrono>

namespace backend {

struct PoolSettings {
    int min_size = 3;
    int max_size = 10;  ///< over all identities
    std::chrono::minutes max_inactive{30};
    std::chrono::seconds connection_timeout{30};  ///< longest wait for a session, and for one attempt at a login
    int retry_attempts = 3;                       ///< further attempts at a login
    std::chrono::minutes health_check_interval{5};
    std::chrono::hours refresh{8};  ///< a session older than this is replaced
    bool multiplexing = true;
    std::chrono::seconds sharing_timeout{60};  ///< a shared session that is unused for so long is an ordinary one again
    int max_shared = 5;                        ///< sessions that carry several statements
};

}  // namespace backend
