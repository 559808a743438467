/// Parsed JSON on storage that is used again: the buffer of one message, from its parsing to its answer.
///
/// Place: taken from a worker's `DocumentPool`, held by the request until its answer was taken, then given back.
/// Threads: its worker's only. Views into the tree live until `clear` or destruction.
#pragma once

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parser.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace mcp {

class Document {
public:
    Document() : resource_{buffer_.data(), buffer_.size()} {}
    Document(const Document&) = delete;
    Document& operator=(const Document&) = delete;

    /// Exactly one JSON value (RFC 8259, UTF-8, at most `max_depth` levels). The error says where.
    base::Result<const boost::json::value*> parse(std::string_view text, std::size_t max_depth);
    void clear();

private:
    alignas(16) std::array<unsigned char, 8 * 1024> buffer_;  // a usual request needs about 3 KB
    boost::json::monotonic_resource resource_;
    boost::json::value root_;
};

/// A worker's documents. What a document grew beyond its buffer is freed when it comes back.
class DocumentPool {
public:
    struct GiveBack {
        DocumentPool* pool = nullptr;
        void operator()(Document* document) const;
    };
    using Ptr = std::unique_ptr<Document, GiveBack>;

    Ptr take();

private:
    static constexpr std::size_t kept = 64;
    std::vector<std::unique_ptr<Document>> free_;
};

}  // namespace mcp
