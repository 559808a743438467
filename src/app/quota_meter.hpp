/// The quotas of `access` as the pipeline asks for them. Threads: any. The quotas must outlive it.
#pragma once

#include "access/quotas.hpp"
#include "query/meter.hpp"

namespace app {

class QuotaMeter final : public query::Meter {
public:
    explicit QuotaMeter(access_control::Quotas& quotas) : quotas_{quotas} {}

    std::optional<base::Result<void>> admit_now(async::Call& call) override { return quotas_.admit_now(call); }
    async::Task<base::Result<void>> admit(async::Call& call) override { return quotas_.admit(call); }
    void ran(async::Call& call, std::chrono::nanoseconds time) override {
        quotas_.charge(call, 0, std::chrono::ceil<std::chrono::milliseconds>(time));
    }
    void answered(async::Call& call, std::size_t bytes) override {
        quotas_.charge(call, bytes, std::chrono::milliseconds{0});
    }

private:
    access_control::Quotas& quotas_;
};

}  // namespace app
