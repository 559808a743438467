/// Which proxy a request goes through, if any.
///
/// Place: `Outbound` has one set of rules, made from the settings at start. Pure, immutable: any thread.
/// NO_PROXY is read as curl and Python's requests read it: entries separated by commas or spaces; a name covers its
/// subdomains, with or without a leading dot; an address or network (CIDR) covers literals only (names are not
/// resolved for it); ":port" narrows an entry; "*" covers everything. 169.254.0.0/16 never goes through a proxy.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "net/client/settings.hpp"
#include "net/client/url.hpp"

namespace net::client {

struct Proxy {
    Url address;                 ///< scheme, host and port; its target has no meaning
    base::Secret authorization;  ///< "Basic …", or empty

    /// "[scheme://][user[:password]@]host[:port]", user and password percent-encoded; the default port is 3128 for
    /// http and 443 for https. Other schemes (SOCKS) are refused. `setting` is named in the error, the text never is.
    static base::Result<Proxy> parse(std::string_view text, std::string_view setting);
};

class ProxyRules {
public:
    static base::Result<ProxyRules> create(const ClientSettings& settings);

    /// Null: go there directly.
    std::shared_ptr<const Proxy> proxy_for(const Url& url) const;

private:
    struct Exception {
        std::string name;        // without its dot; empty for a network
        std::string network;     // 4 or 16 bytes
        unsigned bits = 0;       // of it
        std::uint16_t port = 0;  // 0: any
    };
    static std::optional<Exception> exception_of(std::string_view entry);
    bool goes_directly(const Url& url) const;

    std::shared_ptr<const Proxy> http_, https_;
    std::vector<Exception> exceptions_;
    bool none_ = false;  // "*"
};

}  // namespace net::client
