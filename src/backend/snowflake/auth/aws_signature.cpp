#include "backend/snowflake/auth/aws_signature.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <map>
#include <stdexcept>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace backend::snowflake {

namespace {

std::string sha256_hex(std::string_view text) {
    const auto digest = base::sha256(text);
    return base::hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string hmac(std::string_view key, std::string_view text) {
    std::array<unsigned char, 32> digest{};
    unsigned int size = 0;
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size) == nullptr) {
        throw std::runtime_error{"HMAC-SHA256 is not to be had"};
    }
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

/// "20261124T110745Z".
std::string amz_date(base::WallTime now) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
    const auto day = std::chrono::floor<std::chrono::days>(seconds);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss time{seconds - day};
    return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                       time.minutes().count(), time.seconds().count());
}

}  // namespace

Headers sign_aws_request(const AwsKeys& keys, const AwsRequest& request, std::string_view region,
                         std::string_view service, base::WallTime now) {
    const std::string date = amz_date(now);
    Headers headers = request.headers;
    headers.emplace_back("Host", request.host);
    headers.emplace_back("X-Amz-Date", date);
    if (!keys.session_token.empty()) {
        headers.emplace_back("X-Amz-Security-Token", keys.session_token.reveal());
    }
    std::map<std::string, std::string> sorted;
    for (const auto& [name, value] : headers) {
        sorted.emplace(base::to_lower(name), base::trim(value));
    }
    std::string lines;
    std::string names;
    for (const auto& [name, value] : sorted) {
        lines.append(name).append(":").append(value).append("\n");
        names.append(names.empty() ? "" : ";").append(name);
    }
    const std::string canonical =
        fmt::format("POST\n/\n{}\n{}\n{}\n{}", request.query, lines, names, sha256_hex(request.body));
    const std::string scope = fmt::format("{}/{}/{}/aws4_request", date.substr(0, 8), region, service);
    const std::string to_sign = fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", date, scope, sha256_hex(canonical));
    std::string key = fmt::format("AWS4{}", keys.secret_access_key.reveal());
    for (const std::string_view part :
         {std::string_view{date}.substr(0, 8), region, service, std::string_view{"aws4_request"}}) {
        key = hmac(key, part);
    }
    headers.emplace_back("Authorization",
                         fmt::format("AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}",
                                     keys.access_key_id, scope, names, base::hex(hmac(key, to_sign))));
    return headers;
}

}  // namespace backend::snowflake
