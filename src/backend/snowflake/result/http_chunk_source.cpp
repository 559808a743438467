#include <fmt/format.h>

#include <charconv>

#include "backend/snowflake/result/chunk_source.hpp"
#include "backend/snowflake/result/unpack.hpp"
#include "base/text.hpp"
#include "net/client/http_client.hpp"

namespace backend::snowflake {
namespace {

using Cure = ChunkFailure::Cure;

constexpr std::size_t largest_body = std::size_t{1} << 30;
constexpr std::size_t largest_error_body = 4'096;
constexpr std::chrono::milliseconds longest_silence{30'000};
constexpr std::chrono::seconds longest_asked{600};

base::Error error_at(base::Kind kind, std::string message) {
    return base::Error{kind, std::move(message)}.at(base::Stage::result);
}

/// <Error><Code>ExpiredToken</Code>…: the code, in words of the storage.
std::string_view storage_code(std::string_view body) {
    const std::size_t begin = body.find("<Code>");
    if (begin == std::string_view::npos) return {};
    const std::size_t end = body.find("</Code>", begin);
    if (end == std::string_view::npos || end - begin > 100) return {};
    return body.substr(begin + 6, end - begin - 6);
}

/// S3 answers some failures with 200 and an <Error> instead of the body.
bool is_xml(std::string_view body) {
    body = base::trim(body.substr(0, 64));
    return body.starts_with("<?xml") || body.starts_with("<Error");
}

std::optional<std::chrono::milliseconds> retry_after(std::string_view header) {
    int seconds = 0;
    const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), seconds);
    if (header.empty() || error != std::errc{} || seconds < 0) return std::nullopt;
    return std::min<std::chrono::milliseconds>(std::chrono::seconds{seconds}, longest_asked);
}

ChunkFailure failure_of(net::client::Failure failure) {
    using Cause = net::client::Cause;
    const bool final = failure.cause == Cause::stopped || failure.cause == Cause::certificate ||
                       failure.cause == Cause::argument || failure.cause == Cause::too_large;
    return {.error = std::move(failure.error).at(base::Stage::result), .cure = final ? Cure::none : Cure::again};
}

}  // namespace

ChunkFailure failure_of_status(int status, std::string_view host, std::string_view body_begin) {
    const std::string_view code = storage_code(body_begin);
    std::string message = fmt::format("the storage {} answered {} for a part of the result{}", host, status,
                                      code.empty() ? "" : fmt::format(" ({})", base::escape_untrusted(code)));
    if (status == 408 || status == 429 || status >= 500 || status == 200)
        return {.error = error_at(base::Kind::unavailable, std::move(message)), .cure = Cure::again};
    if (status == 400 || status == 401 || status == 403 || status == 404 || status == 410) {
        message += ": its URL may have expired";
        return {.error = error_at(base::Kind::unavailable, std::move(message)), .cure = Cure::fresh_url};
    }
    return {.error = error_at(base::Kind::unavailable, std::move(message)), .cure = Cure::none};
}

async::Task<std::expected<std::string, ChunkFailure>> HttpChunkSource::fetch(async::Call& call, Chunk chunk,
                                                                             HeaderList headers) {
    auto url = net::client::Url::parse(chunk.url);
    if (!url || (!url->secure() && plain_ == Plain::refused))
        co_return std::unexpected{
            ChunkFailure{error_at(base::Kind::unavailable,
                                  "Snowflake's answer names an address for a part of its rows that "
                                  "is no https URL: nothing was sent there")}};
    const std::string host = url->host;
    net::client::Request request{.method = "GET",
                                 .url = std::move(*url),
                                 .headers = std::move(headers),
                                 .body = {},
                                 .lane = net::client::Lane::data};
    request.limits.silence = longest_silence;
    auto response = co_await http_.send(call, std::move(request));
    if (!response) co_return std::unexpected{failure_of(std::move(response.error()))};
    if (response->status() != 200) {
        const auto asked = retry_after(response->header("retry-after"));
        auto begin = co_await response->body(call, largest_error_body);
        ChunkFailure failure = failure_of_status(response->status(), host, begin ? std::string_view{*begin} : "");
        failure.retry_after = asked;
        co_return std::unexpected{std::move(failure)};
    }
    std::string body;
    body.reserve(chunk.uncompressed_bytes ? std::min<std::size_t>(*chunk.uncompressed_bytes, largest_body) : 0);
    while (true) {
        auto piece = co_await response->read(call);
        if (!piece) co_return std::unexpected{failure_of(std::move(piece.error()))};
        if (piece->empty()) break;
        if (body.size() + piece->size() > largest_body)
            co_return std::unexpected{ChunkFailure{error_at(base::Kind::unavailable,
                                                            "a part of the result is larger "
                                                            "than 1 GiB")}};
        body += *piece;
    }
    auto plain = co_await unpack(call, std::move(body), largest_body);
    if (!plain) co_return std::unexpected{ChunkFailure{std::move(plain.error()), Cure::again}};
    if (is_xml(*plain)) co_return std::unexpected{failure_of_status(200, host, *plain)};
    co_return std::move(*plain);
}

}  // namespace backend::snowflake
