#include "backend/snowflake/wire/redirect.hpp"

#include <fmt/format.h>

#include "backend/snowflake/wire/account.hpp"
#include "base/text.hpp"

namespace backend::snowflake {

namespace {

std::unexpected<base::Error> refuse(const net::client::Url& from, std::string_view why) {
    return base::fail(base::Error{base::Kind::unavailable, fmt::format("{} sent us elsewhere: {}", from.host, why)}.at(
        base::Stage::login));
}

}  // namespace

base::Result<net::client::Url> redirect_target(const net::client::Url& from, std::string_view location) {
    if (location.empty()) {
        return refuse(from, "the redirect has no Location");
    }
    auto url = from.resolve(location);
    if (!url) {
        return refuse(from, "the Location of the redirect is not a URL");
    }
    if (url->origin() == from.origin()) {
        return url;
    }
    if (!url->secure()) {
        return refuse(from, "the redirect leads to another place over plain http, which is not followed");
    }
    if (!base::iequals(url->host, from.host) && !is_snowflake_host(url->host)) {
        return refuse(from, fmt::format("the redirect leads to {}, which is no host of Snowflake's; it is not followed",
                                        base::escape_untrusted(url->host)));
    }
    return url;
}

}  // namespace backend::snowflake
