/// All keys that are good now, as a look-up that tells nothing by the time it takes.
///
/// Immutable after it is made; shared by the workers. Plain keys (VALID_API_KEYS) are kept as digests only.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "access/api_key.hpp"
#include "base/principal.hpp"

namespace access_control {

class KeyTable {
public:
    KeyTable(const std::vector<KeyRecord>& records, const std::vector<base::Secret>& plain_keys);

    /// Null when no key is like that. An unknown id takes as long as a wrong secret; which of the plain keys fits does
    /// not show.
    base::PrincipalPtr find(std::string_view key) const;
    std::size_t size() const { return records_.size() + plain_.size(); }

private:
    struct Entry {
        std::string salt;
        Digest digest;
        base::PrincipalPtr principal;
    };
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    struct DigestHash {
        std::size_t operator()(const Digest& digest) const;
    };

    std::unordered_map<std::string, Entry, Hash, std::equal_to<>> records_;
    // By a digest under a salt that nobody knows: where it lies, and how long finding it takes, tells nothing of a key.
    std::string plain_salt_;
    std::unordered_map<Digest, base::PrincipalPtr, DigestHash> plain_;
    Entry nobody_;  // what an unknown id is compared with
};

}  // namespace access_control
