#include "net/client/proxy.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace net::client {
namespace {

/// The bytes of an address literal, or empty.
std::string address_bytes(std::string_view text) {
    const std::string literal{text};
    std::array<char, 16> bytes;
    if (inet_pton(AF_INET, literal.c_str(), bytes.data()) == 1) return {bytes.data(), 4};
    if (inet_pton(AF_INET6, literal.c_str(), bytes.data()) == 1) return {bytes.data(), 16};
    return {};
}

bool same_network(std::string_view a, std::string_view b, unsigned bits) {
    if (a.size() != b.size()) return false;
    const auto whole = bits / 8;
    if (a.substr(0, whole) != b.substr(0, whole)) return false;
    if (bits % 8 == 0) return true;
    const auto mask = static_cast<unsigned char>(0xff << (8 - bits % 8));
    return ((static_cast<unsigned char>(a[whole]) ^ static_cast<unsigned char>(b[whole])) & mask) == 0;
}

template <class Number>
std::optional<Number> number_of(std::string_view text, Number most) {
    Number value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value > most) return std::nullopt;
    return value;
}

/// %XX only: '+' is itself.
std::optional<std::string> decode(std::string_view text) {
    std::string plus_safe;
    for (const char c : text) plus_safe += c == '+' ? std::string{"%2B"} : std::string(1, c);
    auto form = parse_form("v=" + plus_safe);
    if (!form || form->size() != 1) return std::nullopt;
    return std::move(form->front().second);
}

}  // namespace

base::Result<Proxy> Proxy::parse(std::string_view text, std::string_view setting) {
    const auto refuse = [&](std::string_view why) {
        return base::fail(
            base::Error{base::Kind::bad_argument, fmt::format("{} is not a proxy's URL: {}", setting, why)}
                .at(base::Stage::config)
                .about(std::string{setting}));
    };
    text = base::trim(text);
    std::string_view scheme = "http";
    if (const auto mark = text.find("://"); mark != std::string_view::npos) {
        scheme = text.substr(0, mark);
        text.remove_prefix(mark + 3);
    }
    if (!base::iequals(scheme, "http") && !base::iequals(scheme, "https")) {
        return refuse("only http:// and https:// proxies are served (no SOCKS)");
    }
    Proxy proxy;
    if (const auto at = text.rfind('@'); at != std::string_view::npos) {
        const auto login = text.substr(0, at);
        const auto colon = std::min(login.find(':'), login.size());
        const auto user = decode(login.substr(0, colon));
        const auto password = decode(login.substr(std::min(colon + 1, login.size())));
        if (!user || !password || user->find(':') != std::string::npos) return refuse("its user or password is broken");
        proxy.authorization = base::Secret{"Basic " + base::base64(*user + ":" + *password)};
        text.remove_prefix(at + 1);
    }
    text = text.substr(0, text.find_first_of("/?#"));
    auto address = Url::parse(std::string{base::iequals(scheme, "https") ? "https://" : "http://"} + std::string{text});
    if (!address) return refuse("host and port are malformed");
    proxy.address = std::move(*address);
    const auto after_host = text.starts_with('[') ? text.substr(text.find(']')) : text;
    const bool names_port = after_host.find(':') != std::string_view::npos && !after_host.ends_with(':');
    if (!names_port && !proxy.address.secure()) proxy.address.port = 3128;
    return proxy;
}

base::Result<ProxyRules> ProxyRules::create(const ClientSettings& settings) {
    ProxyRules rules;
    const auto make = [&](const base::Secret& own, const char* name,
                          std::shared_ptr<const Proxy>& into) -> base::Result<void> {
        const bool all = own.empty();
        const auto text = base::trim(all ? settings.all_proxy.reveal() : own.reveal());
        if (text.empty()) return {};
        auto proxy = Proxy::parse(text, all ? "ALL_PROXY" : name);
        if (!proxy) return base::fail(proxy.error());
        into = std::make_shared<const Proxy>(std::move(*proxy));
        return {};
    };
    if (auto made = make(settings.https_proxy, "HTTPS_PROXY", rules.https_); !made) return base::fail(made.error());
    if (auto made = make(settings.http_proxy, "HTTP_PROXY", rules.http_); !made) return base::fail(made.error());
    std::string_view rest = settings.no_proxy;
    while (!rest.empty()) {
        const auto end = std::min(rest.find_first_of(", \t"), rest.size());
        const auto entry = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (entry == "*") rules.none_ = true;
        if (auto exception = exception_of(entry)) rules.exceptions_.push_back(std::move(*exception));
    }
    return rules;
}

std::optional<ProxyRules::Exception> ProxyRules::exception_of(std::string_view entry) {
    Exception found;
    if (const auto slash = entry.find('/'); slash != std::string_view::npos) {
        found.network = address_bytes(entry.substr(0, slash));
        const auto bits = number_of<unsigned>(entry.substr(slash + 1), static_cast<unsigned>(found.network.size() * 8));
        if (found.network.empty() || !bits) return std::nullopt;
        found.bits = *bits;
        return found;
    }
    std::string_view host = entry;
    std::string_view port;
    if (host.starts_with('[')) {
        const auto close = std::min(host.find(']'), host.size());
        port = host.substr(std::min(close + 1, host.size()));
        host = host.substr(1, close - 1);
    } else if (std::count(host.begin(), host.end(), ':') == 1) {
        port = host.substr(host.find(':'));
        host = host.substr(0, host.find(':'));
    }
    if (!port.empty()) {
        const auto number = number_of<std::uint16_t>(port.substr(1), 65535);
        if (port.front() != ':' || !number) return std::nullopt;
        found.port = *number;
    }
    found.network = address_bytes(host);
    found.bits = static_cast<unsigned>(found.network.size() * 8);
    if (!found.network.empty()) return found;
    if (host.starts_with("*.")) host.remove_prefix(1);
    while (host.starts_with('.')) host.remove_prefix(1);
    while (host.ends_with('.')) host.remove_suffix(1);
    if (host.empty() || !is_host(host)) return std::nullopt;
    found.name = base::to_lower(host);
    return found;
}

bool ProxyRules::goes_directly(const Url& url) const {
    if (none_) return true;
    const auto literal = address_bytes(url.host);
    // Link-local addresses are a cloud's metadata services: no proxy leads there, and what they answer is secret.
    if (literal.size() == 4 && url.host.starts_with("169.254.")) return true;
    if (exceptions_.empty()) return false;
    std::string_view host = url.host;
    while (host.ends_with('.')) host.remove_suffix(1);
    for (const auto& exception : exceptions_) {
        if (exception.port != 0 && exception.port != url.port) continue;
        if (exception.name.empty()) {
            if (!literal.empty() && same_network(exception.network, literal, exception.bits)) return true;
            continue;
        }
        if (host == exception.name) return true;
        if (host.size() > exception.name.size() && host.ends_with(exception.name) &&
            host[host.size() - exception.name.size() - 1] == '.') {
            return true;
        }
    }
    return false;
}

std::shared_ptr<const Proxy> ProxyRules::proxy_for(const Url& url) const {
    const auto& proxy = url.secure() ? https_ : http_;
    if (!proxy || goes_directly(url)) return nullptr;
    return proxy;
}

}  // namespace net::client
