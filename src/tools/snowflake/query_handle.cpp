#include "tools/snowflake/query_handle.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

namespace tools::snowflake {
namespace {

constexpr std::string_view purpose = "query-handle";
constexpr std::chrono::hours lifetime{24};

}  // namespace

std::string QueryHandle::pack() const {
    const bool short_enough = text.size() <= longest_text;
    std::string packed =
        fmt::format("{};{};{};", limit, static_cast<int>(format), (is_read ? 1 : 0) + (is_shared ? 2 : 0));
    for (const std::string_view part :
         {std::string_view{connection}, std::string_view{query_id},
          short_enough ? std::string_view{text} : std::string_view{}, std::string_view{context.role},
          std::string_view{context.secondary_roles}, std::string_view{context.warehouse},
          std::string_view{context.database}, std::string_view{context.schema}}) {
        packed += fmt::format("{};{}", part.size(), part);
    }
    return packed;
}

namespace {

/// Takes "<number>;" off the front.
std::optional<std::size_t> take_number(std::string_view& text) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end == text.data() + text.size() || *end != ';') return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
    return value;
}

bool take_text(std::string_view& text, std::string& into) {
    const auto size = take_number(text);
    if (!size || *size > text.size()) return false;
    into = std::string{text.substr(0, *size)};
    text.remove_prefix(*size);
    return true;
}

}  // namespace

std::optional<QueryHandle> QueryHandle::unpack(std::string_view packed) {
    QueryHandle handle;
    const auto limit = take_number(packed);
    const auto format = limit ? take_number(packed) : std::nullopt;
    const auto marks = format ? take_number(packed) : std::nullopt;
    if (!marks || *marks > 3 || *format > static_cast<std::size_t>(query::Format::json)) return std::nullopt;
    handle.limit = *limit;
    handle.format = static_cast<query::Format>(*format);
    handle.is_read = (*marks & 1U) != 0;
    handle.is_shared = (*marks & 2U) != 0;
    auto& context = handle.context;
    for (auto* part : {&handle.connection, &handle.query_id, &handle.text, &context.role, &context.secondary_roles,
                       &context.warehouse, &context.database, &context.schema}) {
        if (!take_text(packed, *part)) return std::nullopt;
    }
    if (handle.query_id.empty() || !packed.empty()) return std::nullopt;
    return handle;
}

std::string seal(const base::TokenSealer& sealer, const base::Principal& principal, const QueryHandle& handle,
                 base::WallTime now) {
    return sealer.seal({.purpose = std::string{purpose},
                        .principal = principal.id,
                        .connection = handle.connection,
                        .role = handle.context.role,
                        .expires = now + lifetime,
                        .payload = handle.pack()});
}

base::Result<QueryHandle> open_handle(const base::TokenSealer& sealer, const base::Principal& principal,
                                      std::string_view text, base::WallTime now) {
    const auto token = sealer.open(text, purpose, principal.id, now);
    auto handle = token ? QueryHandle::unpack(token->payload) : std::nullopt;
    if (!handle) return base::fail(unknown_handle());
    return std::move(*handle);
}

base::Error unknown_handle() {
    return base::Error{base::Kind::bad_argument,
                       "the handle is unknown or older than 24 hours: submit_query gives one, which must be passed on "
                       "unchanged"}
        .about("handle");
}

query::Request request_of(const QueryHandle& handle, std::string_view tool) {
    query::Request request;
    request.text = handle.text.empty() ? "query " + handle.query_id : handle.text;
    request.context = handle.context;
    request.limit = handle.limit;
    request.format = handle.format;
    request.tool = tool;
    return request;
}

}  // namespace tools::snowflake
