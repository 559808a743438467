/// Runs one of the registry's handlers as the protocol would, without the protocol.
#pragma once

#include <boost/json.hpp>

#include <fmt/format.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mcp/context.hpp"
#include "mcp/outcome.hpp"

namespace tools_test {

/// The log messages of a client that set a level.
struct Log {
    std::optional<mcp::LogLevel> level;
    std::vector<std::string> messages;  ///< "warning guard {…}"
};

class TestContext final : public mcp::Context {
public:
    TestContext(async::Call& call, boost::json::object arguments, Log* log = nullptr)
        : mcp::Context{call, mcp::latest}, held_{std::move(arguments)}, log_{log} {
        arguments_ = &held_;
    }
    bool wants_log(mcp::LogLevel level) const override { return log_ && log_->level && level >= *log_->level; }
    void log(mcp::LogLevel level, std::string_view logger, std::string_view data_json) override {
        if (wants_log(level))
            log_->messages.push_back(fmt::format("{} {} {}", mcp::to_string(level), logger, data_json));
    }
    void release_connection(std::chrono::milliseconds) override {}

private:
    boost::json::object held_;
    Log* log_;
};

template <class T>
using Handler = std::function<mcp::Outcome<T>(mcp::Context&)>;

template <class T>
async::Task<base::Result<T>> run_handler(async::Call& call, boost::json::object arguments, Handler<T> handler,
                                         Log* log = nullptr) {
    TestContext context{call, std::move(arguments), log};
    auto outcome = handler(context);
    if (outcome.answered()) co_return std::move(outcome.answer());
    co_return co_await std::move(outcome).later();
}

}  // namespace tools_test
