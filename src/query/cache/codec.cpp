#include "query/cache/codec.hpp"

#include <zstd.h>

#include <bit>
#include <cstdint>
#include <cstring>

namespace query::cache {
namespace {

// Plain: format (1 byte: '1'), compression (1 byte), size of the body (8), body; all of it sealed. The body: stored,
// until (ms), figures, then texts with their lengths. Numbers are little-endian.
constexpr char format = '1';
constexpr char stored_plain = 'p';
constexpr char stored_zstd = 'z';
constexpr std::size_t head_bytes = 10;
constexpr int zstd_level = 1;

void put(std::string& out, std::uint64_t value) {
    for (int i = 0; i < 8; ++i) out.push_back(static_cast<char>((value >> (8 * i)) & 0xFF));
}

void put_text(std::string& out, std::string_view text) {
    put(out, text.size());
    out += text;
}

void put_payload(std::string& out, const base::Payload& payload) {
    put(out, payload.size());
    for (const auto& segment : payload.segments()) out += segment.bytes;
}

void put_time(std::string& out, base::WallTime time) {
    put(out,
        static_cast<std::uint64_t>(std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count()));
}

/// Reads what `put` wrote; once something is missing, all else is empty and `good` stays false.
class Reader {
public:
    explicit Reader(std::string_view bytes) : left_{bytes} {}
    std::uint64_t number() {
        if (left_.size() < 8) return fail(), 0;
        std::uint64_t value = 0;
        for (int i = 7; i >= 0; --i)
            value = value << 8 | static_cast<unsigned char>(left_[static_cast<std::size_t>(i)]);
        left_.remove_prefix(8);
        return value;
    }
    std::string text() {
        const auto size = number();
        if (size > left_.size()) return fail(), std::string{};
        std::string taken{left_.substr(0, size)};
        left_.remove_prefix(size);
        return taken;
    }
    base::WallTime time() { return base::WallTime{std::chrono::milliseconds{static_cast<std::int64_t>(number())}}; }
    bool good() const { return good_ && left_.empty(); }

private:
    void fail() {
        good_ = false;
        left_ = {};
    }
    std::string_view left_;
    bool good_ = true;
};

std::string body_of(const Entry& entry, base::WallTime until) {
    const auto& rendered = entry.rendered;
    const auto& facts = rendered.facts;
    std::string body;
    body.reserve(rendered.content.size() + rendered.structured.size() + rendered.note.size() + 160);
    put_time(body, entry.stored);
    put_time(body, until);
    put(body, rendered.next);
    put(body, facts.row_count);
    put(body, facts.total_rows ? 1 : 0);
    put(body, facts.total_rows.value_or(0));
    put(body, facts.truncated ? 1 : 0);
    put(body, std::bit_cast<std::uint64_t>(facts.elapsed_ms));
    put_text(body, facts.query_id);
    put_text(body, rendered.note);
    put_payload(body, rendered.content);
    put_payload(body, rendered.structured);
    return body;
}

std::optional<Decoded> entry_of(std::string_view body) {
    Reader reader{body};
    Decoded decoded;
    auto& rendered = decoded.entry.rendered;
    decoded.entry.stored = reader.time();
    decoded.until = reader.time();
    rendered.next = reader.number();
    rendered.facts.row_count = reader.number();
    const bool has_total = reader.number() != 0;
    const auto total = reader.number();
    if (has_total) rendered.facts.total_rows = total;
    rendered.facts.truncated = reader.number() != 0;
    rendered.facts.elapsed_ms = std::bit_cast<double>(reader.number());
    rendered.facts.query_id = reader.text();
    rendered.note = reader.text();
    rendered.content = base::Payload::own(reader.text());
    rendered.structured = base::Payload::own(reader.text());
    if (!reader.good()) return std::nullopt;
    return decoded;
}

std::optional<std::string> unpacked(std::string_view packed, std::size_t size) {
    std::string body(size, '\0');
    const auto got = ZSTD_decompress(body.data(), body.size(), packed.data(), packed.size());
    if (ZSTD_isError(got) != 0 || got != size) return std::nullopt;
    return body;
}

}  // namespace

std::string encode(const Entry& entry, base::WallTime until, const Key& key, const base::TokenSealer& sealer) {
    const auto body = body_of(entry, until);
    std::string plain{format, stored_plain};
    put(plain, body.size());
    if (body.size() >= compress_from) {
        std::string packed(ZSTD_compressBound(body.size()), '\0');
        const auto size = ZSTD_compress(packed.data(), packed.size(), body.data(), body.size(), zstd_level);
        if (ZSTD_isError(size) == 0 && size < body.size()) {
            plain[1] = stored_zstd;
            plain.append(packed, 0, size);
            return sealer.seal_bytes(plain, key.whole);
        }
    }
    plain += body;
    return sealer.seal_bytes(plain, key.whole);
}

std::optional<Decoded> decode(std::string_view bytes, const Key& key, const base::TokenSealer& sealer) {
    if (bytes.size() > largest_entry) return std::nullopt;
    const auto plain = sealer.open_bytes(bytes, key.whole);
    if (!plain || plain->size() < head_bytes || plain->front() != format) return std::nullopt;
    const auto size = Reader{std::string_view{*plain}.substr(2)}.number();
    const auto rest = std::string_view{*plain}.substr(head_bytes);
    if (size > largest_entry) return std::nullopt;
    if ((*plain)[1] == stored_plain) return rest.size() == size ? entry_of(rest) : std::nullopt;
    if ((*plain)[1] != stored_zstd) return std::nullopt;
    const auto body = unpacked(rest, size);
    return body ? entry_of(*body) : std::nullopt;
}

}  // namespace query::cache
