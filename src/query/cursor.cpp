#include "query/cursor.hpp"

#include <chrono>

#include "base/encoding.hpp"

namespace query {

namespace {

constexpr std::string_view purpose = "query-cursor";
constexpr std::chrono::hours lifetime{24};
constexpr std::size_t fingerprint_bytes = 16;
constexpr std::size_t offset_bytes = 8;
constexpr std::size_t head_bytes = fingerprint_bytes + offset_bytes;  // then the query id

void append_part(std::string& out, std::string_view part) {
    out += std::to_string(part.size());
    out += ':';
    out += part;
}

std::string fingerprint(const CursorSubject& subject) {
    std::string all;
    for (const std::string_view part :
         {subject.text, std::string_view{subject.context.role}, std::string_view{subject.context.secondary_roles},
          std::string_view{subject.context.warehouse}, std::string_view{subject.context.database},
          std::string_view{subject.context.schema}}) {
        append_part(all, part);
    }
    const auto hash = base::sha256(all);
    return {reinterpret_cast<const char*>(hash.data()), fingerprint_bytes};
}

base::Error refused(std::string_view why) {
    return base::Error{base::Kind::bad_argument, std::string{why}}.about("cursor");
}

}  // namespace

std::string seal_cursor(const base::TokenSealer& sealer, const base::Principal& principal, const CursorSubject& subject,
                        const CursorPlace& place, base::WallTime now) {
    std::string payload = fingerprint(subject);
    for (int shift = 56; shift >= 0; shift -= 8) {
        payload.push_back(static_cast<char>((place.offset >> shift) & 0xFF));
    }
    payload += place.query_id;
    return sealer.seal({.purpose = std::string{purpose},
                        .principal = principal.id,
                        .connection = std::string{subject.connection},
                        .role = subject.context.role,
                        .expires = now + lifetime,
                        .payload = std::move(payload)});
}

base::Result<CursorPlace> open_cursor(const base::TokenSealer& sealer, const base::Principal& principal,
                                      const CursorSubject& subject, std::string_view cursor, base::WallTime now) {
    auto token = sealer.open(cursor, purpose, principal.id, now);
    if (!token || token->connection != subject.connection || token->payload.size() < head_bytes) {
        return base::fail(refused(
            "the cursor is unknown, or older than 24 hours: run the statement again without it, from the first row"));
    }
    const std::string_view payload = token->payload;
    if (payload.substr(0, fingerprint_bytes) != fingerprint(subject)) {
        return base::fail(
            refused("the cursor belongs to another request: repeat the call it came from with the same arguments"));
    }
    CursorPlace place{.offset = 0, .query_id = std::string{payload.substr(head_bytes)}};
    for (const char c : payload.substr(fingerprint_bytes, offset_bytes)) {
        place.offset = place.offset << 8 | static_cast<unsigned char>(c);
    }
    return place;
}

base::Error result_is_gone() {
    return refused(
        "the rows behind this cursor have expired (a result is kept for 24 hours): run the statement again without the "
        "cursor, from the first row");
}

}  // namespace query
