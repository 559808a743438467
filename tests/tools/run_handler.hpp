/// Runs one of the registry's handlers as the protocol would, without the protocol.
#pragma once

#include <boost/json.hpp>

#include <functional>
#include <string_view>
#include <utility>

#include "mcp/context.hpp"
#include "mcp/outcome.hpp"

namespace tools_test {

class TestContext final : public mcp::Context {
public:
    TestContext(async::Call& call, boost::json::object arguments)
        : mcp::Context{call, mcp::latest}, held_{std::move(arguments)} {
        arguments_ = &held_;
    }
    bool wants_log(mcp::LogLevel) const override { return false; }
    void log(mcp::LogLevel, std::string_view, std::string_view) override {}
    void release_connection(std::chrono::milliseconds) override {}

private:
    boost::json::object held_;
};

template <class T>
using Handler = std::function<mcp::Outcome<T>(mcp::Context&)>;

template <class T>
async::Task<base::Result<T>> run_handler(async::Call& call, boost::json::object arguments, Handler<T> handler) {
    TestContext context{call, std::move(arguments)};
    auto outcome = handler(context);
    if (outcome.answered()) co_return std::move(outcome.answer());
    co_return co_await std::move(outcome).later();
}

}  // namespace tools_test
