#include "backend/session.hpp"

#include <utility>

namespace backend {
namespace {

/// `Error::argument` of a refusal that means "this session is busy".
constexpr std::string_view busy_session = "busy session";

}  // namespace

async::Task<base::Result<std::vector<ReadInOne>>> Session::execute_all(async::Call&, ReadsInOne) {
    co_return base::fail(base::Kind::internal, "this backend runs one statement a request");
}

async::Task<base::Result<void>> Session::check(async::Call&) {
    if (!usable()) co_return base::fail(base::Kind::unavailable, "the session is not usable any more");
    co_return base::Result<void>{};
}

async::Task<void> Session::close(async::Call&) { co_return; }

base::Error busy_error(std::string message) {
    return base::Error{base::Kind::overloaded, std::move(message)}
        .at(base::Stage::query)
        .about(std::string{busy_session});
}

bool is_busy_error(const base::Error& error) {
    return error.kind() == base::Kind::overloaded && error.argument() == busy_session;
}

}  // namespace backend
