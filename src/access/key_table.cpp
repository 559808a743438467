#include "access/key_table.hpp"

#include <utility>

#include "base/encoding.hpp"

namespace access_control {

namespace {

/// The same on every replica and after a change of the list's order; tells nothing useful about the key.
std::string name_of_plain_key(std::string_view key) {
    const Digest digest = digest_of("snowflake-mcp principal of a plain key", key);
    return "valid-" + base::hex({reinterpret_cast<const char*>(digest.data()), 4});
}

base::PrincipalPtr principal_of(std::string name, std::vector<std::string> roles, base::Principal::Limits limits) {
    return std::make_shared<const base::Principal>(base::Principal{.id = "key:" + std::move(name),
                                                                   .kind = base::Principal::Kind::api_key,
                                                                   .roles = std::move(roles),
                                                                   .limits = limits});
}

}  // namespace

KeyTable::KeyTable(const std::vector<KeyRecord>& records, const std::vector<base::Secret>& plain_keys)
    : nobody_{.salt = base::random_bytes(16), .digest = {}, .principal = nullptr} {
    for (const KeyRecord& record : records) {
        records_.emplace(record.id, Entry{.salt = record.salt,
                                          .digest = record.digest,
                                          .principal = principal_of(record.name, record.roles, record.limits)});
    }
    for (const base::Secret& key : plain_keys) {
        std::string salt = base::random_bytes(16);
        const Digest digest = digest_of(salt, key.reveal());
        plain_.push_back({.salt = std::move(salt),
                          .digest = digest,
                          .principal = principal_of(name_of_plain_key(key.reveal()), {"user"}, {})});
    }
}

base::PrincipalPtr KeyTable::find(std::string_view key) const {
    base::PrincipalPtr found;
    const auto parts = split_key(key);
    if (parts) {
        const auto place = records_.find(parts->id);
        const Entry& entry = place != records_.end() ? place->second : nobody_;
        if (same(entry.digest, digest_of(entry.salt, parts->secret))) {
            found = entry.principal;
        }
    }
    for (const Entry& entry : plain_) {
        if (same(entry.digest, digest_of(entry.salt, key))) {
            found = entry.principal;
        }
    }
    return found;
}

}  // namespace access_control
