/// Any bytes as a private key, a JWT, an answer of Snowflake's, a form or a date: an answer or an error, never a fault.
// links: backend_snowflake
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "backend/snowflake/auth/exchange.hpp"
#include "backend/snowflake/auth/json_fields.hpp"
#include "backend/snowflake/auth/jwt.hpp"
#include "backend/snowflake/auth/okta.hpp"
#include "backend/snowflake/auth/private_key.hpp"
#include "backend/snowflake/wire/account.hpp"
#include "backend/snowflake/wire/envelope.hpp"
#include "backend/snowflake/wire/redirect.hpp"
#include "backend/snowflake/wire/request_target.hpp"
#include "base/encoding.hpp"

using namespace backend::snowflake;

namespace {

void try_key(std::string_view text) {
    static const base::Secret passphrase{"passphrase"};
    for (const base::Secret& one : {base::Secret{}, passphrase}) {
        const auto key = PrivateKey::read(text, one, "SNOWFLAKE_PRIVATE_KEY");
        if (key && key->fingerprint().size() != 51) {
            std::abort();  // SHA256: and 44 digits
        }
        if (!key && key.error().argument().empty()) {
            std::abort();  // every error names its setting
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    try_key(text);
    try_key(std::string{"-----BEGIN PRIVATE KEY-----"}.append(text).append("-----END PRIVATE KEY-----"));
    (void)read_claims(text);
    (void)read_claims("e30." + base::base64url(text) + ".x");
    (void)form_action(text);
    (void)parse_http_date(text);
    (void)json_text(text, "a.b");
    if (const auto envelope = Envelope::parse(text)) {
        (void)envelope->text("token");
        (void)envelope->whole("validityInSeconds");
        (void)envelope->parameters();
    }
    if (const auto account = resolve_account({.account = std::string{text}});
        account && account->url.host.find_first_of("/@:?# \r\n\\") != std::string::npos) {
        std::abort();  // no account leads out of its host name
    }
    static const net::client::Url from = *net::client::Url::parse("https://acct.snowflakecomputing.com/");
    if (const auto next = redirect_target(from, text);
        next && (!next->secure() || (next->host != from.host && !is_snowflake_host(next->host)))) {
        std::abort();  // no token to a stranger
    }
    if (const auto target = poll_target(text, "R"); target && !target->starts_with("/queries/")) {
        std::abort();
    }
    return 0;
}
