/// Requests as bytes, rendered once and spliced for each: only id, key, session and length change.
///
/// Place: the load engine's; one for each request of the workload. Threads: read-only after `make`.
///
/// Ids are numbers of ten digits (1,000,000,000 to 2,147,483,646), so that every server's integer takes them and
/// answers that differ in nothing else have the same length.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "capacity/bench/workload.hpp"

namespace capacity::bench {

inline constexpr std::uint64_t first_id = 1'000'000'000;
inline constexpr std::uint64_t id_count = 1'147'483'647;

/// How the target is spoken to.
struct Dialect {
    bool http = true;
    std::string revision = "2026-07-28";
    bool stateless = true;                                     ///< 2026-07-28 and later: `_meta` in every request
    std::string target;                                        ///< path and query
    std::string authority;                                     ///< Host
    std::vector<std::pair<std::string, std::string>> headers;  ///< the user's: Authorization, …

    /// The request's params with what the revision wants in `_meta`.
    std::string params_with_meta(std::string_view params) const;
    /// Head of a POST up to Content-Length's value, without Mcp-Session-Id.
    std::string post_head(std::string_view method, std::string_view name) const;
};

class RequestText {
public:
    /// Errors: `bad_argument` for a key that cannot stand in a header.
    static base::Result<RequestText> make(const WorkloadRequest& request, const Dialect& dialect,
                                          const std::vector<ToolFacts>& tools);

    /// Replaces `out`. `rank` is from 1 to the request's keys (any where there are none).
    void render(std::string& out, std::uint64_t id, std::uint64_t rank, std::string_view session) const;

private:
    enum class Slot : std::uint8_t { text, id, key, header_key, session, length };
    struct Piece {
        Slot slot = Slot::text;
        std::string text = {};
    };
    void add(std::vector<Piece>& to, Slot slot, std::string text = {});
    void add_with_keys(std::vector<Piece>& to, std::string_view text, Slot slot);
    base::Result<void> add_parameter_headers(const WorkloadRequest& request, const std::vector<ToolFacts>& tools);

    std::vector<Piece> pieces_;
    std::size_t body_bytes_ = 0;  // without id and keys
    std::size_t body_keys_ = 0;
    std::vector<std::string> keys_;         // as they stand in a JSON text
    std::vector<std::string> header_keys_;  // as they are
};

}  // namespace capacity::bench
