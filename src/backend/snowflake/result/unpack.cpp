#include "backend/snowflake/result/unpack.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>
#include <string_view>

namespace backend::snowflake {
namespace {

constexpr std::size_t step = std::size_t{256} * 1024;
constexpr std::size_t most_ratio = 1'100;  // deflate ends at 1032
constexpr int gzip_window = 15 + 16;

enum class Progress { more, ended, broken };

class Unpacker {
public:
    virtual ~Unpacker() = default;
    /// Writes at most `room` bytes to `out`.
    virtual Progress run(char* out, std::size_t room, std::size_t& written) = 0;
};

class Gunzip final : public Unpacker {
public:
    explicit Gunzip(std::string_view body) {
        good_ = inflateInit2(&stream_, gzip_window) == Z_OK;
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
        stream_.avail_in = static_cast<uInt>(body.size());
    }
    Gunzip(const Gunzip&) = delete;
    Gunzip& operator=(const Gunzip&) = delete;
    ~Gunzip() override { inflateEnd(&stream_); }

    Progress run(char* out, std::size_t room, std::size_t& written) override {
        if (!good_) return Progress::broken;
        stream_.next_out = reinterpret_cast<Bytef*>(out);
        stream_.avail_out = static_cast<uInt>(room);
        const int result = inflate(&stream_, Z_NO_FLUSH);
        written = room - stream_.avail_out;
        if (result == Z_STREAM_END) {
            if (stream_.avail_in == 0) return Progress::ended;
            return inflateReset(&stream_) == Z_OK ? Progress::more : Progress::broken;  // another member follows
        }
        if (result != Z_OK) return Progress::broken;
        return written == 0 && stream_.avail_in == 0 ? Progress::broken : Progress::more;
    }

private:
    z_stream stream_{};
    bool good_ = false;
};

class Unzstd final : public Unpacker {
public:
    explicit Unzstd(std::string_view body) : in_{body.data(), body.size(), 0} {}

    Progress run(char* out, std::size_t room, std::size_t& written) override {
        if (!stream_) return Progress::broken;
        ZSTD_outBuffer target{out, room, 0};
        const std::size_t left = ZSTD_decompressStream(stream_.get(), &target, &in_);
        written = target.pos;
        if (ZSTD_isError(left) != 0) return Progress::broken;
        if (left == 0 && in_.pos == in_.size) return Progress::ended;
        return written == 0 && in_.pos == in_.size ? Progress::broken : Progress::more;
    }

private:
    ZSTD_inBuffer in_;
    std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream_{ZSTD_createDStream(), ZSTD_freeDStream};
};

std::unique_ptr<Unpacker> unpacker_for(std::string_view body) {
    if (body.starts_with("\x1F\x8B")) return std::make_unique<Gunzip>(body);
    if (body.starts_with("\x28\xB5\x2F\xFD")) return std::make_unique<Unzstd>(body);
    return nullptr;
}

base::Error broken(const char* what) {
    return base::Error{base::Kind::unavailable, std::string{"a compressed part of the result "} + what}.at(
        base::Stage::result);
}

}  // namespace

async::Task<base::Result<std::string>> unpack(async::Call& call, std::string body, std::size_t max_bytes) {
    const auto unpacker = unpacker_for(body);
    if (!unpacker) co_return body;
    const std::size_t bound = std::min(max_bytes, std::max(body.size() * most_ratio, step));
    std::string plain;
    while (true) {
        const std::size_t size = plain.size();
        std::size_t written = 0;
        auto progress = Progress::broken;
        plain.resize_and_overwrite(size + step, [&](char* bytes, std::size_t) {
            progress = unpacker->run(bytes + size, step, written);
            return size + written;
        });
        if (plain.size() > bound) co_return base::fail(broken("is larger than it may be"));
        if (progress == Progress::broken) co_return base::fail(broken("is broken, or broke off"));
        if (progress == Progress::ended) co_return plain;
        co_await boost::asio::post(call.worker().executor(), boost::asio::use_awaitable_t<async::Executor>{});
        if (call.stopped()) co_return base::fail(call.stopped_error(base::Stage::result));
    }
}

}  // namespace backend::snowflake
