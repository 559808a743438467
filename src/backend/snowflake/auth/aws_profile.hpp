/// A profile of AWS's own files, ~/.aws/credentials and ~/.aws/config: its keys and values. Pure.
///
/// Source: https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html. Of what it may hold the login reads static
/// keys, a role with `source_profile` or `web_identity_token_file`, and `region`.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace backend::snowflake {

using AwsProfile = std::map<std::string, std::string, std::less<>>;

/// How a file names the section of a profile: `[name]`, or in the configuration `[profile name]` but for the default.
enum class AwsFile : std::uint8_t { credentials, config };

/// Empty where there is no such profile. Names of values are in lower case; what belongs to a nested value is left out.
AwsProfile read_aws_profile(std::string_view text, AwsFile file, std::string_view name);

}  // namespace backend::snowflake
