/// Bytes compressed as servers do it.
#pragma once

#include <string>
#include <string_view>

namespace client_test {

std::string gzip(std::string_view text);
std::string zlib_wrapped(std::string_view text);  ///< what "deflate" means
std::string bare_deflate(std::string_view text);  ///< what some servers send instead
std::string zstd(std::string_view text);

}  // namespace client_test
