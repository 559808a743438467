#include "base/audit.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>

#include "base/clock.hpp"
#include "base/json_writer.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace base {

struct Audit::Sink {
    explicit Sink(int opened) : descriptor{opened} {}
    Sink(const Sink&) = delete;
    Sink& operator=(const Sink&) = delete;
    ~Sink() { ::close(descriptor); }

    int descriptor;
    std::atomic<bool> complained = false;
};

Audit::Audit() = default;
Audit::Audit(Audit&&) noexcept = default;
Audit& Audit::operator=(Audit&&) noexcept = default;
Audit::~Audit() = default;

Result<Audit> Audit::to_file(const std::string& path) {
    Audit audit;
    if (path.empty()) {
        return audit;
    }
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor < 0) {
        return fail(Error{Kind::bad_argument,
                          fmt::format("the audit file {} cannot be opened for writing: {}", path, std::strerror(errno))}
                        .at(Stage::config));
    }
    audit.sink_ = std::make_unique<Sink>(descriptor);
    return audit;
}

void Audit::record(const Principal& who, std::string_view request_id, const AuditEvent& event) {
    if (!sink_) {
        return;
    }
    const auto milliseconds =
        std::chrono::duration_cast<std::chrono::milliseconds>(WallClock::now().time_since_epoch()).count();
    const auto seconds = static_cast<std::time_t>(milliseconds / 1000);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    std::string line;
    JsonWriter{line}
        .begin_object()
        .field("time", fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900, utc.tm_mon + 1,
                                   utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, milliseconds % 1000))
        .field("principal", escape_untrusted(who.id))
        .field("request_id", escape_untrusted(request_id))
        .field("action", escape_untrusted(event.action))
        .field("target", escape_untrusted(event.target))
        .field("outcome", escape_untrusted(event.outcome))
        .field("detail", escape_untrusted(event.detail))
        .end_object();
    line.push_back('\n');
    // One write of one line to a file opened for appending: lines of several threads or processes do not mix.
    const ssize_t written = ::write(sink_->descriptor, line.data(), line.size());
    const bool failed = written != static_cast<ssize_t>(line.size());
    if (failed && !sink_->complained.exchange(true)) {
        log::error("the audit file cannot be written: {}", std::strerror(errno));
    } else if (!failed) {
        sink_->complained.store(false, std::memory_order_relaxed);
    }
}

}  // namespace base
