#include "app/absent_backend.hpp"

namespace app {

async::Task<base::Result<std::unique_ptr<backend::Session>>> AbsentBackend::login(async::Call&, backend::Context,
                                                                                  backend::Identity) {
    co_return base::fail(base::Error{base::Kind::unavailable, reason_}.at(base::Stage::login));
}

}  // namespace app
