#include "mcp/changes.hpp"

#include <gtest/gtest.h>

namespace {

class Changes : public testing::Test {
protected:
    void run() {
        while (worker.poll() > 0) {
        }
    }
    async::Worker worker{0};
    mcp::Changes changes;
    std::vector<std::string> told;
    mcp::Changes::Told note = [this](mcp::Change change, std::string_view uri) {
        told.push_back(std::to_string(static_cast<int>(change)) + std::string{uri});
    };
};

TEST_F(Changes, reach_who_asked_for_them) {
    const auto tools = changes.listen(worker, {.tools = true}, note);
    const auto one = changes.listen(worker, {.uris = {"s://1"}}, note);
    changes.tools_changed();
    changes.prompts_changed();
    changes.resource_updated("s://1");
    changes.resource_updated("s://2");
    EXPECT_TRUE(told.empty()) << "never inside the caller";
    run();
    EXPECT_EQ(told, (std::vector<std::string>{"0", "3s://1"}));
}

TEST_F(Changes, are_not_told_after_the_end_even_when_under_way) {
    auto listening = changes.listen(worker, {.tools = true}, note);
    changes.tools_changed();
    listening.reset();
    run();
    EXPECT_TRUE(told.empty());
    EXPECT_EQ(changes.listeners(), 0U);
}

TEST_F(Changes, a_listener_may_end_its_own_listening) {
    std::unique_ptr<mcp::Changes::Listening> listening;
    int count = 0;
    listening = changes.listen(worker, {.tools = true}, [&](mcp::Change, std::string_view) {
        ++count;
        listening.reset();
    });
    changes.tools_changed();
    changes.tools_changed();
    run();
    EXPECT_EQ(count, 1);
}

}  // namespace
