#include "query/cache/entry.hpp"

namespace query::cache {

std::size_t Entry::bytes() const {
    const auto of = [](const base::Payload& payload) {
        return payload.size() + payload.segments().capacity() * sizeof(base::Payload::Segment) +
               payload.segments().size() * 64;  // the owner: a string and its control block
    };
    return of(answer.content) + of(answer.structured) + answer.facts.query_id.capacity();
}

}  // namespace query::cache
