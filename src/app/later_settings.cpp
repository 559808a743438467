#include "app/later_settings.hpp"

#include <string_view>
#include <utility>

namespace app {
namespace {

struct Group {
    std::string_view what;
    std::vector<std::string_view> names;
};

const std::vector<Group>& groups() {
    static const std::vector<Group> all = {
        {"query batching", {"ENABLE_QUERY_BATCHING", "BATCH_SIZE", "BATCH_TIMEOUT_MS"}},
    };
    return all;
}

}  // namespace

void know_later_settings(base::SettingsReader& reader) {
    for (const Group& group : groups()) {
        for (const std::string_view name : group.names) {
            reader.know(
                {.name = std::string{name},
                 .note = "has no effect in this version, which has not got " + std::string{group.what} + " yet"});
        }
    }
}

}  // namespace app
