/// Bytes of an answer: immutable, reference-counted segments that cache, flights and sockets of any worker share.
///
/// A `Payload` is a list of segments; copying one copies references, never bytes. Each segment holds its lease of the
/// memory budget until the last reference is gone. Threads: a `Payload` object belongs to one thread at a time; the
/// segments behind it may be shared by all.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory_budget.hpp"

namespace base {

class Payload {
public:
    /// A view and what keeps it alive (nothing, for literals).
    struct Segment {
        std::shared_ptr<const void> owner;
        std::string_view bytes;
    };

    Payload() = default;

    /// Takes the bytes over, with the lease that was taken for them.
    static Payload own(std::string bytes, Lease lease = {});
    /// Bytes that live as long as the process (a literal).
    static Payload literal(std::string_view bytes);

    void append(Payload other);
    void append(std::string bytes) { append(own(std::move(bytes))); }

    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }
    const std::vector<Segment>& segments() const { return segments_; }
    std::string to_string() const;

private:
    std::vector<Segment> segments_;
    std::size_t size_ = 0;
};

}  // namespace base
