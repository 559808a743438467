#include "net/client/compressed.hpp"

#include <zlib.h>
#include <zstd.h>

#include <stdexcept>

namespace client_test {
namespace {

std::string deflated(std::string_view text, int bits) {
    z_stream stream{};
    if (deflateInit2(&stream, 6, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::runtime_error{"zlib"};
    std::string out(deflateBound(&stream, text.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END) throw std::runtime_error{"zlib"};
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

}  // namespace

std::string gzip(std::string_view text) { return deflated(text, 16 + MAX_WBITS); }
std::string zlib_wrapped(std::string_view text) { return deflated(text, MAX_WBITS); }
std::string bare_deflate(std::string_view text) { return deflated(text, -MAX_WBITS); }

std::string zstd(std::string_view text) {
    std::string out(ZSTD_compressBound(text.size()), '\0');
    out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
    return out;
}

}  // namespace client_test
