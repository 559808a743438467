/// Who asks (DESIGN.md section 5a). Made by `transport` with `access`, travels in the `Call`; cache, fairness, quotas,
/// audit and sealed tokens use nothing else. Immutable after it is made; shared as `shared_ptr<const Principal>`.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace base {

struct Principal {
    enum class Kind {
        anonymous,  // HTTP without a key: one principal for all
        os_user,    // stdio: the user who started us
        api_key,    // a key of API_KEYS_FILE or VALID_API_KEYS
    };

    struct Limits {
        std::optional<int> requests_per_minute;  ///< absent: the server's own
        std::optional<int> burst;
        std::optional<std::uint64_t> queries_per_day;  ///< 0: no bound; absent: the server's own
        std::optional<std::uint64_t> result_bytes_per_day;
        std::optional<std::uint64_t> warehouse_seconds_per_day;
    };

    std::string id;  ///< stable and unique: "anonymous", "os:alice", "key:reporting"
    Kind kind = Kind::anonymous;
    std::vector<std::string> roles;  ///< roles of this server ("admin", "user"), not Snowflake's
    Limits limits;

    bool has_role(const std::string& role) const;
};

using PrincipalPtr = std::shared_ptr<const Principal>;

}  // namespace base
