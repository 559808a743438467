#include "tools/resource_uri.hpp"

namespace tools {

namespace {

void append_encoded(std::string& uri, std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char c : text) {
        const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                                c == '-' || c == '.' || c == '_' || c == '~';
        if (unreserved) {
            uri += c;
        } else {
            uri += '%';
            uri += digits[static_cast<unsigned char>(c) >> 4];
            uri += digits[static_cast<unsigned char>(c) & 0x0F];
        }
    }
}

}  // namespace

std::string object_uri(const query::ObjectName& name) {
    std::string uri = "snowflake://";
    append_encoded(uri, query::shown_name(name.database));
    uri += '/';
    append_encoded(uri, query::shown_name(name.schema));
    uri += '/';
    append_encoded(uri, query::shown_name(name.name));
    return uri;
}

}  // namespace tools
