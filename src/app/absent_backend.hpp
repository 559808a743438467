/// Stands where a backend should be that this build cannot reach: every login answers the reason and the remedy.
#pragma once

#include <string>

#include "backend/session.hpp"

namespace app {

class AbsentBackend final : public backend::Backend {
public:
    AbsentBackend(std::string name, std::string reason, backend::Context context)
        : name_{std::move(name)}, reason_{std::move(reason)}, context_{std::move(context)} {}

    std::string_view name() const override { return name_; }
    async::Task<base::Result<std::unique_ptr<backend::Session>>> login(async::Call& call, backend::Context context,
                                                                       backend::Identity identity) override;
    backend::Context default_context() const override { return context_; }

private:
    std::string name_;
    std::string reason_;
    backend::Context context_;
};

}  // namespace app
