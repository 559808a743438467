#include "net/client/content_decoder.hpp"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <limits>

#include "base/text.hpp"
#include "net/client/body_reader.hpp"

namespace net::client {
namespace {

constexpr int zstd_window_log = 23;  // 8 MB: RFC 9659 section 3

/// gzip with all its members, or zlib's own wrapping, or bare deflate (which some servers send as "deflate").
class Inflater final : public ContentDecoder {
public:
    explicit Inflater(Coding coding) : gzip_{coding == Coding::gzip} {}
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;
    ~Inflater() override {
        if (begun_) inflateEnd(&stream_);
    }

    Step decode(std::string_view in, std::span<char> out) override {
        Step step;
        while (step.consumed < in.size() || pending_) {
            if (step.produced == out.size()) break;
            if (!begun_ && !begin(in)) return failed(step);
            if (done_ && !again(in.substr(step.consumed))) return failed(step);
            if (!inflate_some(in, out, step)) return failed(step);
            if (step.consumed == in.size() && !pending_) break;
        }
        return step;
    }
    bool complete() const override { return done_ || !begun_; }

private:
    static Step failed(Step step) {
        step.failed = true;
        return step;
    }

    bool begin(std::string_view in) {
        // zlib's first byte: method 8, and window of at most 32 KB.
        const auto first = static_cast<unsigned char>(in.front());
        const bool wrapped = (first & 0x0f) == 8 && (first >> 4) <= 7;
        const int bits = gzip_ ? 16 + MAX_WBITS : wrapped ? MAX_WBITS : -MAX_WBITS;
        begun_ = inflateInit2(&stream_, bits) == Z_OK;
        return begun_;
    }

    /// Another gzip member may follow; anything else may not.
    bool again(std::string_view in) {
        if (!gzip_ || in.empty() || static_cast<unsigned char>(in.front()) != 0x1f) return false;
        done_ = false;
        return inflateReset(&stream_) == Z_OK;
    }

    bool inflate_some(std::string_view in, std::span<char> out, Step& step) {
        constexpr std::size_t most = std::numeric_limits<uInt>::max();
        const auto give = std::min(in.size() - step.consumed, most);
        const auto room = std::min(out.size() - step.produced, most);
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data() + step.consumed));
        stream_.avail_in = static_cast<uInt>(give);
        stream_.next_out = reinterpret_cast<Bytef*>(out.data() + step.produced);
        stream_.avail_out = static_cast<uInt>(room);
        const int result = inflate(&stream_, Z_NO_FLUSH);
        step.consumed += give - stream_.avail_in;
        step.produced += room - stream_.avail_out;
        done_ = result == Z_STREAM_END;
        // With its output full it may hold more, though all input is used.
        pending_ = !done_ && stream_.avail_out == 0;
        if (result == Z_BUF_ERROR) pending_ = false;
        return result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR;
    }

    z_stream stream_{};
    bool gzip_;
    bool begun_ = false;
    bool done_ = false;
    bool pending_ = false;
};

class ZstdDecoder final : public ContentDecoder {
public:
    ZstdDecoder() : context_{ZSTD_createDCtx(), &ZSTD_freeDCtx} {
        ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, zstd_window_log);
    }

    Step decode(std::string_view in, std::span<char> out) override {
        ZSTD_inBuffer input{in.data(), in.size(), 0};
        ZSTD_outBuffer output{out.data(), out.size(), 0};
        while (output.pos < output.size && (input.pos < input.size || pending_)) {
            const auto result = ZSTD_decompressStream(context_.get(), &output, &input);
            if (ZSTD_isError(result) != 0) return {.consumed = input.pos, .produced = output.pos, .failed = true};
            complete_ = result == 0;
            pending_ = !complete_ && output.pos == output.size;
        }
        return {.consumed = input.pos, .produced = output.pos};
    }
    bool complete() const override { return complete_; }

private:
    std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context_;
    bool complete_ = true;  // nothing at all is nothing
    bool pending_ = false;
};

}  // namespace

std::optional<Coding> coding_of(std::string_view header) {
    header = base::trim(header);
    if (header.empty() || base::iequals(header, "identity")) return Coding::identity;
    if (base::iequals(header, "gzip") || base::iequals(header, "x-gzip")) return Coding::gzip;
    if (base::iequals(header, "deflate")) return Coding::deflate;
    if (base::iequals(header, "zstd")) return Coding::zstd;
    return std::nullopt;
}

std::unique_ptr<ContentDecoder> ContentDecoder::make(Coding coding) {
    if (coding == Coding::zstd) return std::make_unique<ZstdDecoder>();
    return std::make_unique<Inflater>(coding);
}

Outcome<std::string> decode_all(Coding coding, std::string_view bytes, const Limits& limits) {
    BodyReader reader;
    reader.start_decoding(coding, limits);
    ReadBuffer input;
    std::string body;
    bool ended = false;
    for (;;) {
        std::string_view piece;
        switch (reader.next(input, piece)) {
            case BodyReader::Step::piece: body.append(piece); break;
            case BodyReader::Step::end: return body;
            case BodyReader::Step::failed: return fail(reader.failure("the body"));
            case BodyReader::Step::need_more: {
                if (bytes.empty()) {
                    if (std::exchange(ended, true) || !reader.input_ended()) return fail(reader.failure("the body"));
                    break;
                }
                const auto room = input.prepare(ReadBuffer::bulk);
                const auto count = std::min(room.size(), bytes.size());
                std::copy_n(bytes.data(), count, room.data());
                input.commit(count);
                bytes.remove_prefix(count);
                break;
            }
        }
    }
}

}  // namespace net::client
