#include "backend/snowflake/session/query_context_cache.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <utility>

#include "base/json_writer.hpp"

namespace backend::snowflake {
namespace {

namespace json = boost::json;

std::optional<std::int64_t> integer(const json::object& entry, std::string_view name) {
    const json::value* value = entry.if_contains(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_int64()) return value->get_int64();
    return std::nullopt;
}

/// The context is a text; some servers give back the object that clients send.
std::optional<std::string> context_of(const json::object& entry) {
    const json::value* value = entry.if_contains("context");
    if (value == nullptr || value->is_null()) return std::string{};
    if (value->is_object()) value = value->get_object().if_contains("base64Data");
    if (value == nullptr) return std::string{};
    if (!value->is_string()) return std::nullopt;
    return std::string{value->get_string()};
}

}  // namespace

void QueryContextCache::set_capacity(std::size_t capacity) {
    capacity_ = capacity;
    if (entries_.size() > capacity_) entries_.resize(capacity_);
}

void QueryContextCache::clear() {
    entries_.clear();
    last_.clear();
}

void QueryContextCache::merge(std::string_view query_context) {
    if (query_context.empty() || query_context == last_) return;
    if (!merge_entries(query_context)) {
        clear();
        return;
    }
    std::sort(entries_.begin(), entries_.end(),
              [](const Entry& a, const Entry& b) { return a.priority < b.priority; });  // no two are equal
    if (entries_.size() > capacity_) entries_.resize(capacity_);
    last_ = query_context;
}

bool QueryContextCache::merge_entries(std::string_view query_context) {
    boost::system::error_code failed;
    const json::value document = json::parse(query_context, failed);
    if (failed || !document.is_object()) return false;
    const json::value* entries = document.get_object().if_contains("entries");
    if (entries == nullptr || !entries->is_array() || entries->get_array().empty()) return false;
    for (const json::value& item : entries->get_array()) {
        if (!item.is_object()) return false;
        const json::object& entry = item.get_object();
        const auto id = integer(entry, "id");
        const auto timestamp = integer(entry, "timestamp");
        const auto priority = integer(entry, "priority");
        auto context = context_of(entry);
        if (!id || !timestamp || !priority || !context) return false;
        put({.id = *id, .timestamp = *timestamp, .priority = *priority, .context = std::move(*context)});
    }
    return true;
}

void QueryContextCache::put(Entry entry) {
    const auto same_id =
        std::find_if(entries_.begin(), entries_.end(), [&](const Entry& known) { return known.id == entry.id; });
    if (same_id != entries_.end()) {
        const bool newer = entry.timestamp > same_id->timestamp ||
                           (entry.timestamp == same_id->timestamp && entry.priority != same_id->priority);
        if (!newer) return;
        entries_.erase(same_id);
    }
    std::erase_if(entries_, [&](const Entry& known) { return known.priority == entry.priority; });
    entries_.push_back(std::move(entry));
}

void QueryContextCache::write(std::string& out) const {
    base::JsonWriter json{out};
    json.begin_object();
    if (!entries_.empty()) {
        json.key("entries").begin_array();
        for (const Entry& entry : entries_) {
            json.begin_object()
                .field("id", entry.id)
                .field("timestamp", entry.timestamp)
                .field("priority", entry.priority)
                .key("context")
                .begin_object();
            if (!entry.context.empty()) json.field("base64Data", entry.context);
            json.end_object().end_object();
        }
        json.end_array();
    }
    json.end_object();
}

}  // namespace backend::snowflake
