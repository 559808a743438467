#include "backend/snowflake/auth/jwt.hpp"

#include <fmt/format.h>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "base/encoding.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"

namespace backend::snowflake {

namespace {

constexpr std::size_t longest_token = 64 * 1024;

std::string text_claim(const boost::json::object& claims, std::string_view name) {
    const auto* const value = claims.if_contains(name);
    return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

}  // namespace

base::Secret make_login_jwt(const PrivateKey& key, const Account& account, std::string_view user, base::WallTime now) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
    const std::string subject = fmt::format("{}.{}", account.jwt_name(), base::to_upper(user));
    std::string header;
    base::JsonWriter{header}.begin_object().field("alg", key.algorithm()).field("typ", "JWT").end_object();
    std::string claims;
    base::JsonWriter{claims}
        .begin_object()
        .field("iss", fmt::format("{}.{}", subject, key.fingerprint()))
        .field("sub", subject)
        .field("iat", static_cast<std::int64_t>(seconds.count()))
        .field("exp", static_cast<std::int64_t>((seconds + jwt_lifetime).count()))
        .end_object();
    std::string token = base::base64url(header).append(".").append(base::base64url(claims));
    const std::string signature = key.sign(token);
    token.append(".").append(base::base64url(signature));
    return base::Secret{std::move(token)};
}

std::optional<JwtClaims> read_claims(std::string_view token) {
    const auto first = token.find('.');
    const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
    if (second == std::string_view::npos || token.size() > longest_token ||
        token.find('.', second + 1) != std::string_view::npos) {
        return std::nullopt;
    }
    const auto text = base::from_base64url(token.substr(first + 1, second - first - 1));
    if (!text) {
        return std::nullopt;
    }
    boost::system::error_code failed;
    const boost::json::value parsed = boost::json::parse(*text, failed);
    const boost::json::object* const claims = failed ? nullptr : parsed.if_object();
    if (claims == nullptr) {
        return std::nullopt;
    }
    JwtClaims found{.issuer = text_claim(*claims, "iss"),
                    .subject = text_claim(*claims, "sub"),
                    .tenant = text_claim(*claims, "tid"),
                    .expires_at = std::nullopt};
    if (const auto* const expiry = claims->if_contains("exp"); expiry != nullptr && expiry->is_int64()) {
        found.expires_at = expiry->get_int64();
    }
    return found;
}

}  // namespace backend::snowflake
