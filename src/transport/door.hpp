/// Which Host and Origin may come in: the guard against DNS rebinding and against foreign web pages.
///
/// Place: asked by `HttpTransport` before anything else of a request. A browser that was lured to evil.example, whose
/// name then points to 127.0.0.1, still sends `Host: evil.example`: so only known names are served (specification,
/// "Transports", security warning). Loopback names are always known. Pure; immutable; threads: any.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "transport/settings.hpp"

namespace transport {

class Door {
public:
    explicit Door(const Settings& settings);

    /// `host`: as the request says it, with or without port; empty: it named none.
    bool admits_host(std::string_view host) const;
    /// `origin`: the Origin header; `host`: of the same request. Pages of this very host may, and pages of loopback
    /// where the request itself is to loopback (tools of the same machine, such as the Inspector).
    bool admits_origin(std::string_view origin, std::string_view host) const;

    static bool is_host_entry(std::string_view entry);
    static bool is_origin_entry(std::string_view entry);

private:
    struct Name {
        std::string host;    ///< lower case; with a leading '.' for "*.domain"
        std::string port;    ///< empty: any
        std::string scheme;  ///< of origins
        bool matches(std::string_view candidate, std::string_view candidate_port) const;
    };

    std::vector<Name> hosts_;
    std::vector<Name> origins_;
    bool any_host_ = false;
    bool any_origin_ = false;
};

}  // namespace transport
