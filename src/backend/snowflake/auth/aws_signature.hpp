/// AWS Signature Version 4 of a request, for STS. Pure.
///
/// Rule: AWS General Reference, "Create a signed AWS API request".
#pragma once

#include <string>
#include <string_view>

#include "backend/snowflake/wire/client_identity.hpp"
#include "base/clock.hpp"
#include "base/secret.hpp"

namespace backend::snowflake {

struct AwsKeys {
    std::string access_key_id;
    base::Secret secret_access_key;
    base::Secret session_token;  ///< empty: long-lived keys
};

struct AwsRequest {
    std::string host;
    std::string query;  ///< canonical: sorted by name, encoded
    std::string body;
    Headers headers;  ///< signed beside Host and X-Amz-*; names as they are to be sent, no blanks to squeeze in values
};

/// The headers of a POST to `/`: `request.headers`, Host, X-Amz-Date, X-Amz-Security-Token (where there is one) and
/// Authorization.
Headers sign_aws_request(const AwsKeys& keys, const AwsRequest& request, std::string_view region,
                         std::string_view service, base::WallTime now);

}  // namespace backend::snowflake
