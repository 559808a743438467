#include "access/key_table.hpp"

#include <cstring>
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
    : plain_salt_{base::random_bytes(16)}, nobody_{.salt = base::random_bytes(16), .digest = {}, .principal = nullptr} {
    for (const KeyRecord& record : records) {
        records_.emplace(record.id, Entry{.salt = record.salt,
                                          .digest = record.digest,
                                          .principal = principal_of(record.name, record.roles, record.limits)});
    }
    for (const base::Secret& key : plain_keys) {
        plain_.emplace(digest_of(plain_salt_, key.reveal()),
                       principal_of(name_of_plain_key(key.reveal()), {"user"}, {}));
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
    if (!plain_.empty()) {
        const auto place = plain_.find(digest_of(plain_salt_, key));
        if (place != plain_.end()) {
            found = place->second;
        }
    }
    return found;
}

std::size_t KeyTable::DigestHash::operator()(const Digest& digest) const {
    std::size_t hash = 0;
    std::memcpy(&hash, digest.data(), sizeof hash);
    return hash;
}

}  // namespace access_control
