/// Who asks, and may they ask now (DESIGN.md section 5a).
///
/// Place: one a process; `transport` asks `identify` and then `limits` for every request, before anything else is done.
/// Threads: any; plain functions that neither wait nor touch a file (a thread of its own looks after API_KEYS_FILE once
/// a second). Lifetime: outlives the listeners.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "access/limits.hpp"
#include "access/settings.hpp"
#include "base/error.hpp"
#include "base/metrics.hpp"
#include "base/principal.hpp"

namespace net {
class Exchange;
}

namespace access_control {

class Access {
public:
    /// The value of a request's header by its name (any case); empty when there is none.
    using HeaderLookup = std::function<std::string_view(std::string_view name)>;

    /// Reads the keys and writes the warnings to the log. Errors: `credentials` or `bad_argument`, naming the setting
    /// and the remedy.
    /// `shared` (may be null) outlives it: limits then hold over all replicas.
    static base::Result<std::unique_ptr<Access>> open(const Settings& settings, base::Metrics& metrics,
                                                      SharedBudget* shared = nullptr);
    Access(const Access&) = delete;
    Access& operator=(const Access&) = delete;
    ~Access();

    /// From `Authorization: Bearer` or the header named by API_KEY_HEADER. Errors are `denied`, stage `access`: no key
    /// (`is_missing`) or a wrong one; neither says more. Without keys in the settings everybody is `anonymous`.
    base::Result<base::PrincipalPtr> identify(const HeaderLookup& header) const;
    /// The same for a request of the server; a header that must be single and is not is a wrong key.
    base::Result<base::PrincipalPtr> identify(const net::Exchange& exchange) const;

    /// The rate limits (`Limits` has the errors).
    Limits& limits();

    /// True where `ALLOWED_HOSTS=*` and the like are allowed: who asks has shown a key.
    bool keys_required() const;

    /// Looks at API_KEYS_FILE now (else once a second). True when other keys hold since.
    bool refresh();

    static base::PrincipalPtr anonymous();
    /// Who started this process: "os:alice", with every role. For stdio.
    static base::PrincipalPtr os_user();

private:
    struct State;
    explicit Access(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// Of an error of `identify`: no key was shown (as against a wrong one).
bool is_missing(const base::Error& error);

/// The value of WWW-Authenticate for a 401 (RFC 6750, section 3).
std::string_view challenge_of(const base::Error& error);

}  // namespace access_control
