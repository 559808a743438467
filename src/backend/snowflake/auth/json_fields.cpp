#include "backend/snowflake/auth/json_fields.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace backend::snowflake {

std::optional<std::string> json_text(std::string_view json, std::string_view path) {
    boost::system::error_code failed;
    const boost::json::value root = boost::json::parse(json, failed);
    const boost::json::value* at = failed ? nullptr : &root;
    while (at != nullptr && !path.empty()) {
        const auto dot = path.find('.');
        const boost::json::object* const object = at->if_object();
        at = object == nullptr ? nullptr : object->if_contains(path.substr(0, dot));
        path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
    }
    if (at == nullptr) {
        return std::nullopt;
    }
    if (at->is_string()) {
        return std::string{at->get_string()};
    }
    if (at->is_bool()) {
        return at->get_bool() ? "true" : "false";
    }
    return at->is_number() ? std::optional{boost::json::serialize(*at)} : std::nullopt;
}

}  // namespace backend::snowflake
