/// One JSON-RPC message, told apart: request, notification, response, or none of them. Pure.
///
/// Rules: JSON-RPC 2.0 and the specification's "Messages": `jsonrpc` is "2.0"; a request's id is a string or a number,
/// never null; `params`, where given, is an object. Views live as long as the parsed tree.
#pragma once

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace mcp {

struct Message {
    enum class Kind : std::uint8_t { request, notification, response, invalid };

    Kind kind = Kind::invalid;
    std::string id = "null";  ///< JSON text, as it was written; "null" where unknown
    std::string_view method;
    const boost::json::object* params = nullptr;  ///< null where absent
    const boost::json::object* meta = nullptr;    ///< `params._meta`
    const boost::json::value* result = nullptr;   ///< of a response
    const boost::json::object* error = nullptr;   ///< of a response
    std::string_view problem;                     ///< of an invalid one
    bool wrong_params = false;                    ///< of an invalid one: the request as such is well formed
};

/// `raw`: the text `value` was parsed from.
Message classify(const boost::json::value& value, std::string_view raw);

}  // namespace mcp
