#include "base/error.hpp"

#include <utility>

namespace base {

std::string_view to_string(Kind kind) {
    switch (kind) {
        case Kind::bad_argument: return "bad_argument";
        case Kind::denied: return "denied";
        case Kind::not_found: return "not_found";
        case Kind::sql: return "sql";
        case Kind::timeout: return "timeout";
        case Kind::overloaded: return "overloaded";
        case Kind::unavailable: return "unavailable";
        case Kind::cancelled: return "cancelled";
        case Kind::credentials: return "credentials";
        case Kind::internal: return "internal";
    }
    return "internal";
}

std::string_view to_string(Stage stage) {
    switch (stage) {
        case Stage::none: return "none";
        case Stage::config: return "config";
        case Stage::protocol: return "protocol";
        case Stage::access: return "access";
        case Stage::guard: return "guard";
        case Stage::cache: return "cache";
        case Stage::queue: return "queue";
        case Stage::pool: return "pool";
        case Stage::login: return "login";
        case Stage::query: return "query";
        case Stage::result: return "result";
        case Stage::render: return "render";
    }
    return "none";
}

Error::Error(Kind kind, std::string message)
    : detail_{std::make_unique<Detail>(Detail{.kind = kind, .message = std::move(message)})} {}

Error::Error(const Error& other) : detail_{std::make_unique<Detail>(*other.detail_)} {}

Error& Error::operator=(const Error& other) {
    if (this != &other) {
        detail_ = std::make_unique<Detail>(*other.detail_);
    }
    return *this;
}

Error&& Error::at(Stage stage) && {
    detail_->stage = stage;
    return std::move(*this);
}

Error&& Error::about(std::string argument) && {
    detail_->argument = std::move(argument);
    return std::move(*this);
}

Error&& Error::retry_after(std::chrono::milliseconds delay) && {
    detail_->retry_after = delay;
    return std::move(*this);
}

Error&& Error::code(std::string backend_code, std::string sqlstate) && {
    detail_->code = std::move(backend_code);
    detail_->sqlstate = std::move(sqlstate);
    return std::move(*this);
}

Error&& Error::query(std::string query_id) && {
    detail_->query_id = std::move(query_id);
    return std::move(*this);
}

}  // namespace base
