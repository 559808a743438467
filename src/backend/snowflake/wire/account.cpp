#include "backend/snowflake/wire/account.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/text.hpp"

namespace backend::snowflake {

namespace {

constexpr std::array<std::string_view, 3> domains = {".snowflakecomputing.com", ".snowflakecomputing.cn",
                                                     ".snowflakecomputing.mil"};

std::unexpected<base::Error> refuse(std::string_view setting, std::string why) {
    return base::fail(
        base::Error{base::Kind::bad_argument, std::move(why)}.at(base::Stage::config).about(std::string{setting}));
}

bool ends_with_fold(std::string_view text, std::string_view end) {
    return text.size() > end.size() && base::iequals(text.substr(text.size() - end.size()), end);
}

bool starts_with_fold(std::string_view text, std::string_view start) {
    return text.size() >= start.size() && base::iequals(text.substr(0, start.size()), start);
}

/// Labels of letters, digits, '_' and '-', none of them empty.
bool is_plain_name(std::string_view text) {
    bool empty_label = true;
    for (const char c : text) {
        if (c == '.') {
            if (empty_label) {
                return false;
            }
            empty_label = true;
            continue;
        }
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-')) {
            return false;
        }
        empty_label = false;
    }
    return !empty_label && text.size() <= 253;
}

/// A URL or a host name with Snowflake's domain becomes the account in it.
std::string unwrap(std::string_view text) {
    bool is_url = false;
    for (const std::string_view scheme : {"https://", "http://"}) {
        if (starts_with_fold(text, scheme)) {
            text.remove_prefix(scheme.size());
            is_url = true;
            break;
        }
    }
    // The web interface names the account by its path: app.snowflake.com/<organization>/<account>/…
    if (constexpr std::string_view web = "app.snowflake.com/"; starts_with_fold(text, web)) {
        text.remove_prefix(web.size());
        const auto slash = text.find('/');
        const std::string_view organization = text.substr(0, slash);
        std::string_view account = slash == std::string_view::npos ? std::string_view{} : text.substr(slash + 1);
        account = account.substr(0, account.find_first_of("/?#"));
        if (!organization.empty() && !account.empty()) {
            return fmt::format("{}-{}", organization, account);
        }
    }
    if (!is_url) {
        return std::string{text};
    }
    text = text.substr(0, text.find_first_of("/?#"));
    if (const auto colon = text.rfind(':');
        colon != std::string_view::npos && text.find_first_not_of("0123456789", colon + 1) == std::string_view::npos) {
        text = text.substr(0, colon);
    }
    return std::string{text};
}

std::vector<std::string_view> labels_of(std::string_view text) {
    std::vector<std::string_view> labels;
    while (true) {
        const auto dot = text.find('.');
        labels.push_back(text.substr(0, dot));
        if (dot == std::string_view::npos) {
            return labels;
        }
        text.remove_prefix(dot + 1);
    }
}

/// The name for `ACCOUNT_NAME`: the first label; of a `.global` one without the part after its last '-'.
std::string account_name(std::string_view account) {
    const auto labels = labels_of(account);
    std::string_view name = labels.front();
    if (labels.size() > 1 && base::iequals(labels[1], "global")) {
        if (const auto dash = name.rfind('-'); dash != std::string_view::npos && dash > 0) {
            name = name.substr(0, dash);
        }
    }
    return std::string{name};
}

std::string default_host(std::string_view account) {
    const auto labels = labels_of(account);
    const bool china = std::any_of(labels.begin() + 1, labels.end(),
                                   [](std::string_view label) { return starts_with_fold(label, "cn-"); });
    std::string host = base::to_lower(account);
    std::replace(host.begin(), host.end(), '_', '-');
    return host.append(china ? ".snowflakecomputing.cn" : ".snowflakecomputing.com");
}

base::Result<void> set_port(const AccountPlace& place, net::client::Url& url) {
    const bool plain = base::iequals(place.protocol, "http");
    if (!plain && !place.protocol.empty() && !base::iequals(place.protocol, "https")) {
        return refuse("SNOWFLAKE_PROTOCOL", fmt::format("SNOWFLAKE_PROTOCOL is {}: allowed is https, or http for tests",
                                                        base::escape_untrusted(place.protocol)));
    }
    if (place.port < 0 || place.port > 65535) {
        return refuse("SNOWFLAKE_PORT", fmt::format("SNOWFLAKE_PORT is {}: allowed is 1 to 65535", place.port));
    }
    url.scheme = plain ? net::client::Scheme::http : net::client::Scheme::https;
    const int usual = plain ? 80 : 443;
    url.port = static_cast<std::uint16_t>(place.port == 0 ? usual : place.port);
    return {};
}

base::Result<std::string> explicit_host(std::string_view host) {
    if (host.find("://") != std::string_view::npos) {
        return refuse("SNOWFLAKE_HOST",
                      "SNOWFLAKE_HOST holds a URL: write the host's name alone, the scheme goes into "
                      "SNOWFLAKE_PROTOCOL and the port into SNOWFLAKE_PORT");
    }
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    }
    const bool address = host.find(':') != std::string_view::npos &&
                         host.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
    if (!address && !is_plain_name(host)) {
        return refuse("SNOWFLAKE_HOST", fmt::format("SNOWFLAKE_HOST is \"{}\": that is not the name of a host",
                                                    base::escape_untrusted(host)));
    }
    return std::string{host};
}

}  // namespace

std::string Account::jwt_name() const { return base::to_upper(name); }

base::Result<Account> resolve_account(const AccountPlace& place) {
    Account found;
    if (auto done = set_port(place, found.url); !done) {
        return base::fail(std::move(done.error()));
    }
    std::string account = unwrap(base::trim(place.account));
    std::string host{base::trim(place.host)};
    for (const std::string_view domain : domains) {
        if (ends_with_fold(account, domain)) {
            if (host.empty()) {
                host = base::to_lower(account);
            }
            account.resize(account.size() - domain.size());
            break;
        }
    }
    if (account.empty() && !host.empty()) {
        account = std::string{labels_of(host).front()};
    }
    if (account.empty()) {
        return refuse("SNOWFLAKE_ACCOUNT",
                      "SNOWFLAKE_ACCOUNT is not set: it is the account identifier, such as "
                      "myorg-myaccount");
    }
    if (!is_plain_name(account)) {
        return refuse(
            "SNOWFLAKE_ACCOUNT",
            fmt::format("SNOWFLAKE_ACCOUNT is \"{}\": an account identifier consists of letters, digits, '_', "
                        "'-' and dots, such as myorg-myaccount or xy12345.eu-central-1",
                        base::escape_untrusted(account)));
    }
    if (const std::string_view region = base::trim(place.region);
        !region.empty() && !base::iequals(region, "us-west-2")) {
        if (!is_plain_name(region)) {
            return refuse("SNOWFLAKE_REGION",
                          fmt::format("SNOWFLAKE_REGION is \"{}\": that is not the name of a region",
                                      base::escape_untrusted(region)));
        }
        account = std::string{labels_of(account).front()}.append(".").append(region);
    }
    found.name = account_name(account);
    if (host.empty()) {
        found.url.host = default_host(account);
        return found;
    }
    auto named = explicit_host(host);
    if (!named) {
        return base::fail(std::move(named.error()));
    }
    found.url.host = std::move(*named);
    return found;
}

bool is_snowflake_host(std::string_view host) {
    if (!host.empty() && host.back() == '.') {
        host.remove_suffix(1);
    }
    return is_plain_name(host) && (base::iequals(host, "app.snowflake.com") ||
                                   std::any_of(domains.begin(), domains.end(),
                                               [&](std::string_view domain) { return ends_with_fold(host, domain); }));
}

bool is_loopback_host(std::string_view host) {
    return base::iequals(host, "localhost") || host == "::1" || host == "[::1]" ||
           (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos);
}

}  // namespace backend::snowflake
