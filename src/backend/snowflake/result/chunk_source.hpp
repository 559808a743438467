/// Where the bodies of chunks come from, and what a failed download needs.
///
/// Place: between the result set and net/client; tests put their own in. Threads: the call's worker.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "async/call.hpp"
#include "async/task.hpp"
#include "backend/snowflake/result/query_answer.hpp"
#include "base/error.hpp"

namespace net::client {
class HttpClient;
}

namespace backend::snowflake {

struct ChunkFailure {
    enum class Cure : std::uint8_t {
        again,      // the same URL may work soon
        fresh_url,  // the URL has expired, or its storage does not know it (any more)
        none,
    };
    base::Error error;
    Cure cure = Cure::none;
    std::optional<std::chrono::milliseconds> retry_after = {};  ///< as the storage asked
};

class ChunkSource {
public:
    virtual ~ChunkSource() = default;
    /// One try. The body comes decompressed.
    virtual async::Task<std::expected<std::string, ChunkFailure>> fetch(async::Call& call, Chunk chunk,
                                                                        HeaderList headers) = 0;
};

/// Downloads over HTTP: no Authorization header, no host named but the URL's. `http` outlives the source and belongs to
/// the call's worker.
class HttpChunkSource final : public ChunkSource {
public:
    enum class Plain : std::uint8_t {
        refused,  // https only
        allowed,  // the account itself is reached by plain http (an emulator)
    };
    HttpChunkSource(net::client::HttpClient& http, Plain plain) : http_{http}, plain_{plain} {}
    async::Task<std::expected<std::string, ChunkFailure>> fetch(async::Call& call, Chunk chunk,
                                                                HeaderList headers) override;

private:
    net::client::HttpClient& http_;
    Plain plain_;
};

/// What a status of the storage means for the download. Pure.
ChunkFailure failure_of_status(int status, std::string_view host, std::string_view body_begin);

}  // namespace backend::snowflake
