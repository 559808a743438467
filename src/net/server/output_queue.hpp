/// Bytes that wait to go out on a connection: heads and small bodies copied together, large bodies as references.
///
/// Place: a codec fills it, the loop empties it with one `writev`. Threads: its worker's only.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/payload.hpp"

namespace net {

class OutputQueue {
public:
    /// Segments up to this size are copied: cheaper than one more iovec and a reference.
    static constexpr std::size_t copy_up_to = 2048;

    /// Where text is appended; call `text_added` when done.
    std::string& text() { return text_; }
    void text_added();
    void append(std::string_view text) { text_.append(text), text_added(); }
    void append(base::Payload payload);

    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }

    /// The first bytes, as many vectors as fit; valid until the queue changes. Returns how many were filled.
    std::size_t gather(std::span<iovec> into) const;
    void consume(std::size_t count);
    /// Everything as one string, taken out: for tests and tools.
    std::string take();
    void clear();
    static constexpr std::size_t keep = 4096;
    /// An empty queue gives back what is above `keep`.
    void release();

private:
    /// Either a segment (bytes set) or `length` bytes of `text_` from `offset`.
    struct Piece {
        base::Payload::Segment segment;
        std::size_t offset = 0;
        std::size_t length = 0;
        bool in_text = false;
    };

    std::string text_;
    std::size_t text_end_ = 0;  // what pieces cover of text_
    std::size_t size_ = 0;
    std::size_t head_done_ = 0;  // sent bytes of the first piece
    std::vector<Piece> pieces_;
    std::size_t first_ = 0;  // pieces before are done
};

}  // namespace net
