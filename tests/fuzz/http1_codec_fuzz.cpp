// Bytes as a client could send them, in pieces: no crash, and the same meaning however they are cut.
// links: net_server async base
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "net/server/http1_codec.hpp"

namespace {

const net::Http1Codec::Limits limits{
    .request = {.target_bytes = 200, .head_bytes = 1000, .header_count = 12, .body_bytes = 3000},
    .keep_alive = true,
    .requests = 20,
    .read_ahead = 4096};

void require(bool holds) {
    if (!holds) std::abort();
}

bool lies_within(std::string_view part, const net::Request& request) {
    // Views are readable to their last byte (the sanitizer looks on), and clean where the codec promises it.
    std::size_t sum = 0;
    for (const char c : part) sum += static_cast<unsigned char>(c);
    return request.storage != nullptr || sum == 0;
}

void check(const net::Request& request) {
    require(!request.method.empty() && !request.target.empty());
    require(request.body.size() <= limits.request.body_bytes);
    require(request.headers.size() <= limits.request.header_count);
    int lengths = 0, codings = 0, hosts = 0;
    for (const auto& [name, value] : request.headers) {
        require(!name.empty() && name.find_first_of(" \t:\r\n") == std::string_view::npos);
        require(value.find_first_of(std::string_view{"\r\n\0", 3}) == std::string_view::npos);
        require(lies_within(name, request) && lies_within(value, request));
        std::string lower{name};
        std::transform(lower.begin(), lower.end(), lower.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
        lengths += lower == "content-length";
        codings += lower == "transfer-encoding";
        hosts += lower == "host";
    }
    require(lengths + codings <= 1 && hosts <= 1);
    require(lies_within(request.body, request) && lies_within(request.query, request) &&
            lies_within(request.host, request));
}

/// What the codec makes of the bytes, as text.
std::string meaning(std::string_view bytes, const std::uint8_t* cuts, std::size_t cut_count) {
    net::BlockPool pool;
    net::Http1Codec codec{limits, pool, nullptr};
    codec.set_date("Sun, 06 Nov 1994 08:49:37 GMT");
    std::string seen;
    std::size_t cut = 0;
    while (!bytes.empty() && codec.wants_input()) {
        const auto room = codec.prepare();
        if (room.empty()) break;
        std::size_t piece = bytes.size();
        if (cut_count > 0) piece = 1 + cuts[cut++ % cut_count] % 64;
        const auto count = std::min({piece, bytes.size(), room.size()});
        std::memcpy(room.data(), bytes.data(), count);
        codec.commit(count);
        bytes.remove_prefix(count);
        while (auto request = codec.next()) {
            check(*request);
            seen.append(request->method)
                .append(" ")
                .append(request->target)
                .append(" ")
                .append(request->body)
                .append("\n");
            codec.reply({.status = 200}, {});
        }
    }
    if (codec.refused()) seen.append("refused ").append(std::to_string(codec.refusal_status()));
    if (codec.phase() == net::Http1Codec::Phase::head) seen.append("head");
    if (codec.phase() == net::Http1Codec::Phase::body) seen.append("body");
    return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 4) return 0;
    const std::string_view bytes{reinterpret_cast<const char*>(data) + 4, size - 4};
    const auto whole = meaning(bytes, nullptr, 0);
    const auto pieces = meaning(bytes, data, 4);
    // Which of two faults is met first may depend on the cut (a line too long to go on, or malformed): not more than
    // that.
    const auto kind = [](std::string text) { return text.substr(0, std::min(text.find("refused "), text.size())); };
    require(kind(whole) == kind(pieces));
    require((whole.find("refused ") == std::string::npos) == (pieces.find("refused ") == std::string::npos));
    return 0;
}
