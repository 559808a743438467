#include "mcp/document.hpp"

#include <fmt/format.h>

namespace mcp {

namespace json = boost::json;

base::Result<const json::value*> Document::parse(std::string_view text, std::size_t max_depth) {
    clear();
    std::array<unsigned char, 1024> scratch;
    json::parser parser{json::storage_ptr{},
                        {.max_depth = max_depth, .numbers = json::number_precision::precise},
                        scratch.data(),
                        scratch.size()};
    parser.reset(&resource_);
    boost::system::error_code error;
    const auto read = parser.write(text.data(), text.size(), error);
    if (error) {
        return base::fail(base::Kind::bad_argument, error == json::error::too_deep
                                                        ? fmt::format("nested deeper than {} levels", max_depth)
                                                        : fmt::format("{} at byte {}", error.message(), read));
    }
    std::destroy_at(&root_);
    std::construct_at(&root_, parser.release());
    return &root_;
}

void Document::clear() {
    std::destroy_at(&root_);
    std::construct_at(&root_);
    resource_.release();
}

void DocumentPool::GiveBack::operator()(Document* document) const {
    std::unique_ptr<Document> owned{document};
    if (pool == nullptr || pool->free_.size() >= kept) return;
    owned->clear();
    pool->free_.push_back(std::move(owned));
}

DocumentPool::Ptr DocumentPool::take() {
    if (free_.empty()) return Ptr{new Document, GiveBack{this}};
    Ptr document{free_.back().release(), GiveBack{this}};
    free_.pop_back();
    return document;
}

}  // namespace mcp
