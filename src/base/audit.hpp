/// Who did what: one JSON line an act, to the audit sink (a file or the log). Threads: any.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/principal.hpp"

namespace base {

struct AuditEvent {
    std::string_view action;   ///< "tool", "admin", "refused"
    std::string_view target;   ///< tool or endpoint
    std::string_view outcome;  ///< "ok", an error kind
    std::string_view detail;   ///< fingerprint of the statement, reason; never a literal or a secret
};

class Audit {
public:
    /// Empty path: audit goes nowhere. `Kind::bad_argument` where the file cannot be opened.
    static Result<Audit> to_file(const std::string& path);
    Audit();
    Audit(Audit&&) noexcept;
    Audit& operator=(Audit&&) noexcept;
    ~Audit();

    void record(const Principal& who, std::string_view request_id, const AuditEvent& event);

private:
    struct Sink;
    std::unique_ptr<Sink> sink_;
};

}  // namespace base
